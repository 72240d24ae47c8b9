"""The tap on layers that form their weights themselves: eager attention, soft-capping, additive scores, relative positions.

Numbers are attention where all of this holds: they go back to pairs of query and key, as a product or as a sum of both; they are
multiplied with values; and each row of them sums to one, or did so when it left a softmax. A softmax over a vocabulary, over
experts or over queries has no such pairs before it or no such rows, and is none.

Where the weights are changed on the way (masked heads, heads that talk, arXiv:2003.02436), those are recorded that meet the values:
as a part of a distribution where that is what they still are, and refused where they are none.
"""

import time

import numpy as np
import torch
from torch import Tensor

from attnviz.errors import ChangedInPlace, MapTooLarge, PromiseBroken, UnknownShape
from attnviz.maps import DENSE_LIMIT, Norm, Receipt, check_promise, tolerance
from attnviz.taps.base import Record, precision_of
from attnviz.taps.batch import AXES, examples
from attnviz.taps.place import Place
from attnviz.taps.rows import Rows
from attnviz.taps.stages import Taken
from attnviz.weights import Dense, Floats

LEAVE_OUT = "record(model, layers=...) takes the names of the others; they are recorded also beside this one"
BLIND = "queries without weights, such as those that may look at nothing, have rows of zeros; the layer's own are not numbers"


def attends(taken: Taken) -> bool:
    """Whether numbers that met values are weights over what is summed: each row sums to one, or did so before it was changed."""
    with torch._C.DisableTorchFunction(), torch.no_grad():
        rows = taken.weights.detach()
        if not rows.numel() or _distribution(rows, -1):
            return True
        if not (taken.softmax and (taken.changed or taken.dropped)):
            return False
        return not any(_distribution(rows, axis) for axis in range(rows.ndim - 1) if rows.shape[axis] > 1)


def _distribution(weights: Tensor, axis: int) -> bool:
    """Whether sums along an axis are one, but for those of nothing, and not all of these."""
    sums = weights.sum(axis, dtype=torch.float32)
    allowed = tolerance(precision_of(weights), weights.shape[axis])
    nothing = (sums == 0) | sums.isnan()
    least, most = weights.masked_fill(weights.isnan(), 0).aminmax()
    fits = ((sums - 1).abs() <= allowed) | nothing
    return bool(fits.all()) and float(least) >= -allowed and float(most) <= 1 + allowed and not bool(nothing.all())


def from_softmax(place: Place, taken: Taken) -> Record:
    """(batch, head, query, key), (batch, query, key) of one head or of heads that torch.nn folds in the batch, or (query, key)."""
    start = time.perf_counter()
    weights = taken.weights
    if taken.dropped:
        raise ChangedInPlace(
            f"layer {place.layer}: a dropout in place wrote over its weights",
            "give that dropout inplace=False, or call eval() on the model",
        )
    if taken.rebuilt or weights.ndim < 2:
        finding = "were set into another frame before they" if taken.rebuilt else f"have {weights.ndim} axes when they"
        raise UnknownShape(
            f"layer {place.layer}: its weights {finding} meet the values; known are batch, head, query, key", LEAVE_OUT
        )
    four, apart = _with_heads(place, weights.detach())
    size = 4 * four.numel()
    if size > DENSE_LIMIT:
        raise MapTooLarge(
            f"layer {place.layer}: it forms all weights of shape {tuple(four.shape)}, {size:,} bytes; the limit is {DENSE_LIMIT:,}",
            'load the model with attn_implementation="sdpa", of which query and key are enough',
        )
    kept = four.to("cpu", torch.float32, copy=True).numpy()
    blind = _without_blind(kept, taken)
    norm, error = _norm(kept, taken.changed, place.layer, precision_of(weights))
    first, heads, queries, _ = kept.shape
    by_row = kept.reshape(-1, *kept.shape[2:])
    rows = Rows(first, heads, queries, taken.tokens, apart=apart)
    found = examples(place, rows, lambda chosen: Dense(by_row[chosen]))
    receipt = Receipt(
        layer=place.layer, how="softmax that was multiplied with the values", backend_before="eager",
        backend_during="eager", row_sum_error=error, output_error=0.0, seconds=time.perf_counter() - start, bytes=kept.nbytes,
        precision=precision_of(weights), evidence=found.evidence,
    )  # fmt: skip
    return Record(
        layer=place.layer, kind=taken.kind, mechanism="multi-head", norm=norm, axes=found.axes, held=found.held,
        example=found.weights, receipt=lambda: receipt, notes=(*found.notes, BLIND) if blind else found.notes,
        ambiguous=found.ambiguous, turn=place.identity.serial,
    )  # fmt: skip


def _without_blind(weights: Floats, taken: Taken) -> bool:
    """Whether there are queries that may look at nothing: rows that are NaN as a whole become zeros."""
    rows = np.isnan(weights).all(-1)
    if not rows.any() or (rows.all() and not taken.blind):
        return False
    weights[rows] = 0
    return True


def _norm(weights: Floats, changed: bool, layer: str, precision: str) -> tuple[Norm, float | None]:
    """The promise that the weights keep, and the largest error of it; changed ones may be a part of a distribution."""
    axes = ("batch", *AXES)
    try:
        return "softmax", check_promise(weights, axes, "softmax", layer, precision)
    except PromiseBroken:
        if not changed:
            raise
    try:
        return "partial", check_promise(weights, axes, "partial", layer, precision)
    except PromiseBroken as error:
        raise PromiseBroken(f"{error.finding}: they were changed between softmax and values", LEAVE_OUT) from None


def _with_heads(place: Place, weights: Tensor) -> tuple[Tensor, bool]:
    """(batch, 1 or head, query, key), and whether the second axis is known to be the heads."""
    if weights.ndim >= 4:
        return weights.flatten(0, -4), True
    if weights.ndim == 2:
        return weights[None, None], True
    if place.heads is not None:
        return weights.view(-1, place.heads, *weights.shape[1:]), True
    return weights.unsqueeze(1), False
