"""Hiding parts of an input, words of a text, places of a photo or past steps of a series, and what the model then says.

A word is left out, with its tokens. A place of a photo is blurred, or takes the photo's mean colour. A step is put on the line
between its neighbours. Where hard attention picked what is read, its picks stay as they are, less those that are hidden: so
hiding what was not picked changes nothing at all.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from attnviz.encode import EncodedImage, EncodedSeries, EncodedText
from attnviz.errors import InputError
from attnviz.explain.curves import Kept, Reals
from attnviz.nets import DrawingNet, Net
from attnviz.progress import telling
from attnviz.results import PhotoResult, Prediction, Result, SeriesResult, TextResult

BATCH = {"words": 64, "places": 16, "steps": 64}  # sets at once; more photos would not stay in a processor's cache
SIDE = 8  # places a side of a photo
Fill = Literal["blur", "mean"]
Outputs = Callable[[Kept], Tensor]  # (set, part), True where kept -> the model's outputs, (set, ...)


@dataclass(frozen=True)
class Hiding:
    """`names`: of the parts that can be hidden. `what`: what was decided; `parts`: what parts are called. `grid`: rows and
    columns of places, where parts are places. `say(kept)` runs the model, never twice for the same parts.

    `matters`: (part,) whether a part reaches the reader at all. `sizes`: (part,) tokens of each part, so that texts of one length
    are read together, without padding.
    """

    names: tuple[str, ...]
    what: str
    parts: str
    outputs: Outputs
    read: Callable[[Tensor], float]
    grid: tuple[int, int] | None = None
    matters: NDArray[np.bool_] | bool = True
    sizes: NDArray[np.int64] | None = None
    _known: dict[bytes, float] = field(default_factory=dict, repr=False)

    def say(self, kept: Kept) -> Reals:
        """(set, part), True where a part is kept -> (set,) what the model gives to what it had decided."""
        kept = kept & self.matters
        new = {row.tobytes(): row for row in kept if row.tobytes() not in self._known}
        tell, done = telling(f"Hides {self.parts}, and asks again"), 0
        for rows in self._batches(list(new.values())):
            with torch.no_grad():
                outputs = self.outputs(rows)
            self._known.update({row.tobytes(): self.read(outputs[i : i + 1]) for i, row in enumerate(rows)})
            tell((done := done + len(rows)) / len(new))
        return np.array([self._known[row.tobytes()] for row in kept])

    def _batches(self, rows: list[Kept]) -> Iterator[Kept]:
        groups: dict[int, list[Kept]] = defaultdict(list)
        for row in rows:
            groups[0 if self.sizes is None else int(self.sizes @ row)].append(row)
        for group in groups.values():
            size = BATCH[self.parts]
            yield from (np.stack(group[start : start + size]) for start in range(0, len(group), size))


def hiding(model: Net, prediction: Result, fill: Fill = "blur") -> Hiding:
    """What can be hidden of the input of a prediction; InputError where nothing was decided, or there is nothing to hide."""
    if isinstance(prediction, TextResult) and prediction.probabilities:
        if isinstance(model, DrawingNet):
            return _picked_words(model, prediction, prediction.encoded)
        return _words(model, prediction, prediction.encoded)
    if isinstance(prediction, PhotoResult) and prediction.probabilities:
        if isinstance(model, DrawingNet):
            return _picked_places(model, prediction)
        return _places(model, prediction, prediction.encoded, fill)
    if isinstance(prediction, SeriesResult):
        return _steps(model, prediction.encoded)
    raise InputError(f"{prediction.card.name} decided nothing that hiding could move", "take a model that decides")


def _reading(model: Net, prediction: Prediction) -> tuple[str, Callable[[Tensor], float]]:
    """What was decided, and how its probability is read from outputs (1, ...)."""
    label = str(prediction.decision)
    return label, lambda outputs: model.decide(outputs, prediction.encoded).probabilities.get(label, 0.0)


def _words(model: Net, prediction: Prediction, encoded: EncodedText) -> Hiding:
    shown = [word for word in encoded.words if not word.special]
    places = [list(word.positions) for word in shown]

    def outputs(kept: Kept) -> Tensor:
        tokens = np.ones((len(kept), len(encoded.tokens)), dtype=np.bool_)
        for part, positions in enumerate(places):
            tokens[:, positions] = kept[:, part, None]
        return cast(Tensor, model(**without(encoded.tensors, torch.from_numpy(tokens))))

    sizes = np.array([len(each) for each in places])
    return Hiding(tuple(word.text for word in shown), *_named(model, prediction, "words", outputs), sizes=sizes)


def without(tensors: Mapping[str, Tensor], kept: Tensor) -> dict[str, Tensor]:
    """Tensors of (1, token) -> (set, most kept): the tokens that are kept, moved together, 0 and masked behind them.

    Where none is kept, one padding token is read: a net that knows no special tokens cannot read nothing.
    """
    lengths = kept.sum(1)
    order = torch.argsort(~kept, dim=1, stable=True)[:, : max(1, int(lengths.max()))]
    real = torch.arange(order.shape[1]) < lengths[:, None]
    left = {name: tensor.expand(len(kept), -1).gather(1, order).masked_fill(~real, 0) for name, tensor in tensors.items()}
    left["attention_mask"][lengths == 0, 0] = 1
    return left


def _picked_words(model: DrawingNet, prediction: Prediction, encoded: EncodedText) -> Hiding:
    shown = [number for number, word in enumerate(encoded.words) if not word.special]
    return _of_picks(model, prediction, "words", tuple(encoded.words[i].text for i in shown), shown)


def _picked_places(model: DrawingNet, prediction: Prediction) -> Hiding:
    rows, columns = _picks(prediction).shape
    return _of_picks(model, prediction, "places", _place_names(rows, columns), list(range(rows * columns)), (rows, columns))


def _of_picks(
    model: DrawingNet, prediction: Prediction, parts: str, names: tuple[str, ...], places: list[int],
    grid: tuple[int, int] | None = None,
) -> Hiding:  # fmt: skip
    picks = _picks(prediction)
    tensors = prediction.encoded.tensors

    def outputs(kept: Kept) -> Tensor:
        left = np.repeat(picks.reshape(1, -1), len(kept), axis=0)
        left[:, places] &= kept
        repeated = {name: tensor.expand(len(left), *tensor.shape[1:]) for name, tensor in tensors.items()}
        return model.read(**repeated, picks=torch.from_numpy(left.reshape(-1, *picks.shape)))

    return Hiding(names, *_named(model, prediction, parts, outputs), grid, picks.reshape(-1)[places])


def _picks(prediction: Prediction) -> Kept:
    return next(m.dense().astype(np.bool_) for m in prediction.tape if m.norm == "binary")


def _places(model: Net, prediction: Prediction, encoded: EncodedImage, fill: Fill) -> Hiding:
    image = encoded.tensors["image"]
    hidden = FILLS[fill](image)

    def outputs(kept: Kept) -> Tensor:
        cells = torch.from_numpy(kept).view(-1, 1, SIDE, SIDE).float()
        shown = F.interpolate(cells, size=tuple(image.shape[-2:]), mode="nearest") > 0.5
        return cast(Tensor, model(torch.where(shown, image, hidden).contiguous(memory_format=torch.channels_last)))

    named = _named(model, prediction, "places", outputs)
    return Hiding(_place_names(SIDE, SIDE), *named, (SIDE, SIDE))


def _named(model: Net, prediction: Prediction, parts: str, outputs: Outputs) -> tuple[str, str, Outputs, Callable[[Tensor], float]]:
    what, read = _reading(model, prediction)
    return what, parts, outputs, read


def _place_names(rows: int, columns: int) -> tuple[str, ...]:
    return tuple(f"row {row}, column {column}" for row in range(rows) for column in range(columns))


def blurred(image: Tensor) -> Tensor:
    """(1, 3, row, column) -> the same, smoothed by a Gaussian of a tenth of its side; edges are mirrored."""
    deviation = image.shape[-1] / 10
    reach = min(round(2 * deviation), image.shape[-1] - 1)
    kernel = torch.exp(-(torch.arange(-reach, reach + 1.0) ** 2) / (2 * deviation**2))
    kernel = (kernel / kernel.sum()).expand(image.shape[1], 1, -1)
    padded = F.pad(image, (reach,) * 4, mode="reflect")
    across = F.conv2d(padded, kernel[:, :, None, :], groups=image.shape[1])
    return F.conv2d(across, kernel[:, :, :, None], groups=image.shape[1])


FILLS: dict[Fill, Callable[[Tensor], Tensor]] = {
    "blur": blurred,
    "mean": lambda image: image.mean((-2, -1), keepdim=True).expand_as(image),
}


def _steps(model: Net, encoded: EncodedSeries) -> Hiding:
    """What is said is how far the forecast is from the one that saw all, negative, in deviations of the past that was seen."""
    past = encoded.tensors["past"]
    steps = np.arange(past.shape[-1])

    def outputs(kept: Kept) -> Tensor:
        values = past[0].double().numpy()
        filled = [np.interp(steps, steps[row], values[row]) if row.any() else np.zeros(len(steps)) for row in kept]
        others: dict[str, Any] = {name: tensor.expand(len(kept), *tensor.shape[1:]) for name, tensor in encoded.tensors.items()}
        return cast(Tensor, model(**{**others, "past": torch.from_numpy(np.stack(filled)).to(past)}))

    with torch.no_grad():
        whole = outputs(np.ones((1, len(steps)), dtype=np.bool_))
    whole = _middle(whole)

    def read(found: Tensor) -> float:
        return -float((_middle(found) - whole).abs().mean())

    return Hiding(encoded.past_names, "the forecast", "steps", outputs, read)


def _middle(outputs: Tensor) -> Tensor:
    """(set, ahead, quantile) -> (set, ahead): the forecast without its interval."""
    return outputs[:, :, outputs.shape[2] // 2] if outputs.ndim == 3 else outputs
