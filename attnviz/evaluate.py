"""The figures in a model's card, worked out again from the data set: `attnviz eval NAME --data DIR`."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from attnviz.calibration import calibration_error
from attnviz.data import masked, sst
from attnviz.data.masked import Masked
from attnviz.data.shifted import shifted
from attnviz.errors import CardError, InputError, NothingToScore
from attnviz.evaluate_photos import accuracy, photo, things, thousand
from attnviz.evaluate_series import forecast
from attnviz.evaluate_translation import alignment, told, translation
from attnviz.evaluate_words import hidden_words, next_words
from attnviz.nets import DrawingNet, Net
from attnviz.record import record
from attnviz.scoring import Figures, score_maps

Metrics = dict[str, Any]


def evaluate(model: Net, data: Path) -> Metrics:
    """The metrics of the model's task on the test split in `data`; DataError where the data is not there."""
    if model.card.task not in EVALUATORS:
        raise CardError(f"the task {model.card.task!r} of {model.card.name} has no metrics", f"known are {', '.join(EVALUATORS)}")
    with torch.no_grad():
        return EVALUATORS[model.card.task](model, data)


def figures(
    model: Net, data: Path | None, masks: Path | None = None, links: Path | None = None, off_middle: bool = False,
    pairs: Path | None = None,
) -> Figures:  # fmt: skip
    """All that is asked for: the metrics of the test split in `data`, of files of `links` or `pairs`, or a folder of `masks`.

    The maps of a photo model are also scored on the boxes of Caltech-101 where `data` has them. Where there are `masks`, the
    figures of maps and "n" are theirs, and those of `data` stand under "data". With `off_middle` maps are scored once more, under
    "shifted", on parts of the photos in which the object is off the middle.
    """
    if data is None and masks is None and links is None and pairs is None:
        raise InputError("there is nothing to evaluate on", "give --data, --masks, --links or --pairs")
    found: Figures = {} if data is None else {**boxed(model, data, off_middle), **evaluate(model, data)}
    if links is not None:
        found |= alignment(model, links)
    if pairs is not None:
        found |= told(model, pairs)
    if masks is None:
        return found
    return {**found, **scored(model, lambda: masked.folder(masks), off_middle), **({"data": found} if found else {})}


def scored(model: Net, photos: Callable[[], Iterable[Masked]], off_middle: bool) -> Figures:
    """Maps against the masks of the photos, and under "shifted" once more where the object is `off_middle`."""
    found = score_maps(model, photos())
    if not off_middle:
        return found
    return {**found, "shifted": score_maps(model, (part for one in photos() if (part := shifted(one)) is not None))}


def boxed(model: Net, data: Path, off_middle: bool = False) -> Figures:
    """Maps against the boxes of the held-out airplanes, faces and motorbikes, `boxed` of them.

    Nothing where they are not there, or where the model lays no map over a photo.
    """
    if model.card.input != "image" or not (Path(data) / "caltech101" / "boxes.csv").is_file():
        return {}
    try:
        found = scored(model, lambda: masked.boxes(data), off_middle)
    except NothingToScore:
        return {}
    return {"boxed": found.pop("n"), **found}


def sentiment(model: Net, data: Path) -> Metrics:
    """Accuracy over the 1,821 sentences of the SST-2 test split; with hard attention also the mean share of words picked.

    `ece`: the expected calibration error of the probabilities, in 15 equal-width bins.
    """
    examples = sst.sentences(data, "test")
    shares: list[float] = []
    labels = [label for _, label in examples]
    logits = sentences_logits(model, [text for text, _ in examples], shares)
    odds = (logits / model.card.temperature).softmax(-1)
    figures = {**accuracy(odds.argmax(-1).tolist(), labels), "ece": calibration_error(odds, torch.tensor(labels))}
    return {**figures, "picked": sum(shares) / len(shares)} if shares else figures


def sentences_logits(model: Net, texts: Iterable[str], shares: list[float] | None = None) -> Tensor:
    """(text, label) in double precision; the share of words that were picked goes to `shares`, where a net picks words."""
    return torch.cat([_logits(model, text, shares) for text in texts]).double()


def _logits(model: Net, text: str, shares: list[float] | None) -> Tensor:
    tensors = model.encode(text).tensors
    if shares is None or not isinstance(model, DrawingNet):
        return model(**tensors)
    with record(model, "picker.picks") as tape:
        logits = model(**tensors)
    shares.append(float(tape["picker.picks"].dense().mean()))
    return logits


EVALUATORS: dict[str, Callable[[Net, Path], Metrics]] = {
    "sentiment": sentiment,
    "photo": photo,
    "forecast": forecast,
    "things": things,
    "thousand": thousand,
    "translation": translation,
    "masked-word": hidden_words,
    "next-word": next_words,
}
