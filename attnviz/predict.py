"""The way of an input in one call: raw input -> decision and tape."""

import time
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar, cast, overload

import torch

from attnviz.encode import Encoded, EncodedImage, EncodedSeries, EncodedText
from attnviz.errors import InputError
from attnviz.inside.effects import dialled, slopes, worth_it
from attnviz.nets import DrawingNet, Net
from attnviz.record import record
from attnviz.results import MADE, PhotoResult, Prediction, Result, Run, Samples, SeriesResult, TextResult

__all__ = ["SEEDS", "Samples", "decide", "predict", "predict_as", "resample"]

R = TypeVar("R", bound=Result)

SEEDS = 1 << 32


def predict(model: Net, raw: Any, *, seed: int | None = None, sloped: bool = False, **options: Any) -> Result:
    """Runs `model` on one text, photo or series; `options` go to its border, for example fit="letterbox".

    `sloped`: the same pass also tells what heads add to the decision, where it can; a result asks for that by itself once it is
    looked at, which takes a pass of its own.

    A net with hard attention picks what is most probable, and with a `seed` by chance: the same seed, the same picks.
    Raises InputError where the input cannot be taken, or where there is a seed and nothing to draw.
    """
    if seed is not None:
        _seed(model, seed)
    return decide(model, model.encode(raw, **options), seed=seed, sloped=sloped)


def predict_as(kind: type[R], model: Net, raw: Any, *, seed: int | None = None, **options: Any) -> R:
    """The same for a caller that can take results of one kind; InputError where the model gives another."""
    result = predict(model, raw, seed=seed, **options)
    if not isinstance(result, kind):
        raise InputError(f"{model.card.name} takes {model.card.input}, so it gives no {kind.__name__}", "take another model")
    return result


@overload
def decide(
    model: Net, encoded: EncodedText, *, seed: int | None = None, within: AbstractContextManager[None] | None = None,
    sloped: bool = False,
) -> TextResult: ...  # fmt: skip
@overload
def decide(model: Net, encoded: EncodedImage, *, seed: int | None = None) -> PhotoResult: ...
@overload
def decide(model: Net, encoded: EncodedSeries, *, seed: int | None = None) -> SeriesResult: ...
@overload
def decide(model: Net, encoded: Encoded, *, seed: int | None = None, sloped: bool = False) -> Result: ...
def decide(
    model: Net, encoded: Encoded, *, seed: int | None = None, within: AbstractContextManager[None] | None = None,
    sloped: bool = False,
) -> Result:  # fmt: skip
    """The same for an input that was encoded before, that of another prediction for example; the model is called `within`."""
    drawn = {} if seed is None else {"seed": _seed(model, seed)}
    dials = dialled() if sloped and worth_it(model, encoded.tensors) else nullcontext(())
    start = time.perf_counter()
    with torch.no_grad(), record(model) as tape, within or nullcontext(), dials as turned:
        outputs = model(**encoded.tensors, **drawn)
    seconds = time.perf_counter() - start
    result = MADE[type(encoded)](Run(model, encoded, outputs.detach(), tape, seconds, seed))
    if turned and isinstance(result, Prediction) and result.sloped:
        result.once("slopes", lambda: slopes(outputs, turned, len(result.layers), model.card.temperature))
    return result


def resample(model: Net, encoded: Encoded, seed: int, count: int = 100) -> Samples:
    """The picks and decisions of `count` seeds from `seed` on, for one input; InputError for a net that draws nothing."""
    for end in (seed, seed + count - 1):
        _seed(model, end)
    net = cast(DrawingNet, model)
    with torch.no_grad():
        picks, odds = net.picker.draws(range(seed, seed + count), *net.scores(**encoded.tensors))
        repeated = {name: tensor.expand(count, *tensor.shape[1:]) for name, tensor in encoded.tensors.items()}
        logits = net.read(**repeated, picks=picks)
    return Samples(odds[0].numpy(), picks.numpy(), (logits.double() / model.card.temperature).softmax(-1).numpy())


def _seed(model: Net, seed: int) -> int:
    if not isinstance(model, DrawingNet):
        raise InputError(f"{model.card.name} draws nothing by chance", "leave the seed out, or take a model with hard attention")
    if not 0 <= seed < SEEDS:
        raise InputError(f"{seed} is no seed", f"take a whole number from 0 to {SEEDS - 1:,}")
    return seed
