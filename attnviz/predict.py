"""The way of an input in one call: raw input -> decision and tape."""

import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch

from attnviz.cards import ModelCard
from attnviz.encode import Encoded, EncodedText, Patches
from attnviz.nets import Net
from attnviz.record import Tape, record


@dataclass(frozen=True)
class Prediction:
    """What a model decided about one input, and what its layers attended to.

    `probabilities`: label -> probability, in the card's order; of the many words of a language model the most probable ones.
    Empty where the model decides nothing, and `why_none` says why. `about` says what was decided where it is no label.
    `seconds`: the forward pass with its recording. `patches`: how positions stand for places of a photo, where they do.
    """

    card: ModelCard
    encoded: Encoded
    probabilities: dict[str, float]
    tape: Tape
    seconds: float
    about: str = ""
    why_none: str = ""
    patches: Patches | None = None

    @property
    def decision(self) -> str | None:
        """The most probable label; None where the model decides nothing."""
        return max(self.probabilities, key=lambda label: self.probabilities[label], default=None)

    @cached_property
    def ranked(self) -> list[tuple[str, float]]:
        """Labels with their probabilities, the most probable first."""
        return sorted(self.probabilities.items(), key=lambda item: -item[1])


def predict(model: Net, raw: Any, **options: Any) -> Prediction:
    """Runs `model` on one text or photo; `options` go to its border, for example fit="letterbox".

    Raises InputError where the input cannot be taken.
    """
    encoded = model.encode(raw, **options)
    start = time.perf_counter()
    with torch.no_grad(), record(model) as tape:
        outputs = model(**encoded.tensors)
    seconds = time.perf_counter() - start
    decided = model.decide(outputs, encoded)
    patches = model.patches(encoded, {m.size(axis) for m in tape for axis in ("query", "key") if axis in m.axes})
    names = encoded.tokens if isinstance(encoded, EncodedText) else patches.names if patches is not None else None
    labelled = tape if names is None else tape.labelled(query=names, key=names)
    return Prediction(
        model.card, encoded, decided.probabilities, labelled, seconds, decided.about, decided.why_none, patches
    )  # fmt: skip
