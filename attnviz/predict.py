"""The way of an input in one call: raw input -> decision and tape."""

import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch

from attnviz.cards import ModelCard
from attnviz.encode import Encoded, EncodedText
from attnviz.nets import Net
from attnviz.record import Tape, record


@dataclass(frozen=True)
class Prediction:
    """What a model decided about one input, and what its layers attended to.

    `probabilities`: label -> probability, in the card's order. `seconds`: the forward pass with its recording.
    """

    card: ModelCard
    encoded: Encoded
    probabilities: dict[str, float]
    tape: Tape
    seconds: float

    @property
    def decision(self) -> str:
        """The most probable label."""
        return max(self.probabilities, key=lambda label: self.probabilities[label])

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
        logits = model(**encoded.tensors)
    seconds = time.perf_counter() - start
    odds = logits[0].double().softmax(-1).tolist()
    probabilities = dict(zip(model.card.labels, odds, strict=True))
    return Prediction(model.card, encoded, probabilities, _labelled(tape, encoded), seconds)


def _labelled(tape: Tape, encoded: Encoded) -> Tape:
    if isinstance(encoded, EncodedText):
        return tape.labelled(query=encoded.tokens, key=encoded.tokens)
    return tape
