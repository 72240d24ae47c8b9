"""The way of an input in one call: raw input -> decision and tape."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from glob import escape
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray

from attnviz.cards import ModelCard
from attnviz.encode import Encoded, EncodedImage, EncodedSeries, EncodedText, Patches
from attnviz.errors import InputError
from attnviz.maps import AttentionMap
from attnviz.nets import DrawingNet, Net
from attnviz.record import Tape, record

SEEDS = 1 << 32
START = "[start]"  # what a reader of picked words reads before them


@dataclass(frozen=True)
class Prediction:
    """What a model decided about one input, and what its layers attended to.

    `probabilities`: label -> probability, in the card's order; of the many words of a language model the most probable ones.
    Empty where the model decides nothing, and `why_none` says why. `about` says what was decided where it is no label.
    `seconds`: the forward pass with its recording. `patches`: number of positions -> how they stand for places of a photo.
    `seed`: what chance began with, where something was drawn. `forecast`: (ahead,) in the unit of the series, where it is one.
    """

    card: ModelCard
    encoded: Encoded
    probabilities: dict[str, float]
    tape: Tape
    seconds: float
    about: str = ""
    why_none: str = ""
    patches: Mapping[int, Patches] = field(default_factory=dict)
    seed: int | None = None
    forecast: NDArray[np.float64] | None = None

    @property
    def decision(self) -> str | None:
        """The most probable label; None where the model decides nothing."""
        return max(self.probabilities, key=lambda label: self.probabilities[label], default=None)

    @property
    def said(self) -> str:
        """The most probable label with its probability, or that there is none; of a forecast its first and last number."""
        if self.forecast is not None:
            return f"{len(self.forecast)} steps from {self.forecast[0]:.6g} to {self.forecast[-1]:.6g}"
        return f"{self.decision} {self.ranked[0][1]:.4f}" if self.ranked else "no decision"

    @property
    def answer(self) -> dict[str, Any]:
        """What was decided, for a file."""
        if self.forecast is not None:
            return {"forecast": self.forecast.tolist()}
        drawn = {} if self.seed is None else {"seed": self.seed}
        return {"decision": self.decision, "probabilities": self.probabilities, **drawn}

    def grid(self, m: AttentionMap, axis: str = "key") -> Patches | None:
        """How an axis of one of the maps lies over the photo; None where it does not."""
        return self.patches.get(m.size(axis)) if axis in m.axes else None

    @cached_property
    def ranked(self) -> list[tuple[str, float]]:
        """Labels with their probabilities, the most probable first."""
        return sorted(self.probabilities.items(), key=lambda item: -item[1])


def predict(model: Net, raw: Any, *, seed: int | None = None, **options: Any) -> Prediction:
    """Runs `model` on one text, photo or series; `options` go to its border, for example fit="letterbox".

    A net with hard attention picks what is most probable, and with a `seed` by chance: the same seed, the same picks.
    Raises InputError where the input cannot be taken, or where there is a seed and nothing to draw.
    """
    if seed is not None:
        _seed(model, seed)
    return decide(model, model.encode(raw, **options), seed=seed)


def decide(model: Net, encoded: Encoded, *, seed: int | None = None) -> Prediction:
    """The same for an input that was encoded before, that of another prediction for example."""
    drawn = {} if seed is None else {"seed": _seed(model, seed)}
    start = time.perf_counter()
    with torch.no_grad(), record(model) as tape:
        outputs = model(**encoded.tensors, **drawn)
    seconds = time.perf_counter() - start
    decided = model.decide(outputs, encoded)
    patches = model.patches(encoded, {m.size(axis) for m in tape for axis in ("query", "key") if axis in m.axes})
    return Prediction(
        card=model.card, encoded=encoded, probabilities=decided.probabilities, tape=_labelled(tape, encoded, patches),
        seconds=seconds, about=decided.about, why_none=decided.why_none, patches=patches, seed=seed, forecast=decided.forecast,
    )  # fmt: skip


@dataclass(frozen=True)
class Samples:
    """What a net with hard attention picked by chance, again and again. Sample i is what `predict` gives with seed + i.

    For a text `odds` (word,), `picks` (sample, word) of booleans, `probabilities` (sample, label); for a photo the same with
    (row, column) of patches instead of words.
    """

    odds: NDArray[np.float32]
    picks: NDArray[np.bool_]
    probabilities: NDArray[np.float64]


def resample(model: Net, encoded: Encoded, seed: int, count: int = 100) -> Samples:
    """The picks and decisions of `count` seeds from `seed` on, for one input; InputError for a net that draws nothing."""
    for end in (seed, seed + count - 1):
        _seed(model, end)
    net = cast(DrawingNet, model)
    with torch.no_grad():
        picks, odds = net.picker.draws(range(seed, seed + count), *net.scores(**encoded.tensors))
        repeated = {name: tensor.expand(count, *tensor.shape[1:]) for name, tensor in encoded.tensors.items()}
        logits = net.read(**repeated, picks=picks)
    return Samples(odds[0].numpy(), picks.numpy(), logits.double().softmax(-1).numpy())


def _seed(model: Net, seed: int) -> int:
    if not isinstance(model, DrawingNet):
        raise InputError(f"{model.card.name} draws nothing by chance", "leave the seed out, or take a model with hard attention")
    if not 0 <= seed < SEEDS:
        raise InputError(f"{seed} is no seed", f"take a whole number from 0 to {SEEDS - 1:,}")
    return seed


def _named(tape: Tape, patches: Mapping[int, Patches]) -> Tape:
    """With the places of the photo for which positions stand, layer by layer."""
    for m in tape:
        sides = {axis: patches[m.size(axis)].names for axis in ("query", "key") if axis in m.axes and m.size(axis) in patches}
        tape = tape.labelled(escape(m.layer), **sides)
    return tape


def _labelled(tape: Tape, encoded: Encoded, patches: Mapping[int, Patches]) -> Tape:
    """Names for the positions that layers look from and at: places of a photo, dates, or tokens and words."""
    if isinstance(encoded, EncodedSeries):
        return tape.labelled(query=encoded.past_names, key=encoded.past_names).labelled("look", query=encoded.ahead_names)
    return _named(tape, patches) if isinstance(encoded, EncodedImage) else tape.labelled("*", **_words(tape, encoded))


def _words(tape: Tape, encoded: Encoded) -> dict[str, tuple[str, ...]]:
    """Labels of axes over tokens, over words, and over the tokens of picked words."""
    if not isinstance(encoded, EncodedText):
        return {}
    labels = {"query": encoded.tokens, "key": encoded.tokens, "word": tuple(word.text for word in encoded.words)}
    for m in tape:
        if m.axes == ("word",) and m.norm == "binary":
            picked = [i for word, taken in zip(encoded.words, m.dense(), strict=True) if taken for i in word.positions]
            labels["key picked"] = (START, *(encoded.tokens[i] for i in picked))
    return labels
