"""The tap on layers that form their weights themselves: eager attention, soft-capping, relative positions of one's own.

A softmax is attention where all of this holds: its scores go back to the product of a query and a key, and its weights are
multiplied with values, as they are or through dropout, a change of precision or of shape. A softmax over a vocabulary or over
experts has no such product before it, and no values of its own behind it.

Where the weights are changed on the way (masked heads, heads that talk, arXiv:2003.02436), those are recorded that meet the values:
as a part of a distribution where that is what they still are, and refused where they are none.
"""

import time

from torch import Tensor

from attnviz.errors import ChangedInPlace, MapTooLarge, PromiseBroken, UnknownShape
from attnviz.maps import DENSE_LIMIT, Norm, Receipt, check_promise
from attnviz.taps.base import Record
from attnviz.taps.batch import AXES, examples, refuse_folded
from attnviz.taps.place import Place
from attnviz.taps.softmaxes import Taken
from attnviz.weights import Dense, Floats


def from_softmax(place: Place, taken: Taken) -> Record:
    """(batch, head, query, key), (batch, query, key) of one head or of heads that torch.nn folds in the batch, or (query, key)."""
    start = time.perf_counter()
    weights = taken.weights
    if taken.in_place:
        raise ChangedInPlace(
            f"layer {place.layer}: weights were changed in place between softmax and values",
            "let what changes them give a new tensor (a dropout with inplace=False, * for mul_)",
        )
    if taken.moved or weights.ndim not in (2, 3, 4):
        raise UnknownShape(
            f"layer {place.layer}: its weights have {weights.ndim} axes when they meet the values, or others than the softmax had",
            "known are batch, head, query, key",
        )
    four = _with_heads(place, weights.detach())
    size = 4 * four.numel()
    if size > DENSE_LIMIT:
        raise MapTooLarge(
            f"layer {place.layer}: it forms all weights of shape {tuple(four.shape)}, {size:,} bytes; the limit is {DENSE_LIMIT:,}",
            'load the model with attn_implementation="sdpa", of which query and key are enough',
        )
    kept = four.to("cpu", copy=True).float().numpy()
    norm, error = _norm(kept, taken.changed, place.layer)
    axes, batch, example, notes = examples(place, len(kept), lambda i: Dense(kept[i]))
    receipt = Receipt(
        layer=place.layer, how="softmax that was multiplied with the values", backend_before="eager",
        backend_during="eager", row_sum_error=error, output_error=0.0, seconds=time.perf_counter() - start, bytes=kept.nbytes,
    )  # fmt: skip
    return Record(
        layer=place.layer, kind=taken.kind, mechanism="multi-head", norm=norm, axes=axes, batch=batch, example=example,
        receipt=lambda: receipt, notes=notes,
    )  # fmt: skip


def _norm(weights: Floats, changed: bool, layer: str) -> tuple[Norm, float | None]:
    """The promise that the weights keep, and the largest error of it; changed ones may be a part of a distribution."""
    axes = ("batch", *AXES)
    try:
        return "softmax", check_promise(weights, axes, "softmax", layer)
    except PromiseBroken:
        if not changed:
            raise
    try:
        return "partial", check_promise(weights, axes, "partial", layer)
    except PromiseBroken as error:
        raise PromiseBroken(f"{error.finding}: they were changed between softmax and values") from None


def _with_heads(place: Place, weights: Tensor) -> Tensor:
    if weights.ndim == 4:
        return weights
    if weights.ndim == 2:
        return weights[None, None]
    if place.heads is not None:
        return weights.view(-1, place.heads, *weights.shape[1:])
    refuse_folded(place, len(weights))
    return weights.unsqueeze(1)
