"""The tap on layers that form their weights themselves: eager attention, soft-capping, relative positions of one's own.

A softmax is attention where all of this holds: its scores go back to the product of a query and a key, and its weights are
multiplied with values, as they are or through dropout, a change of precision or of shape. A softmax over a vocabulary or over
experts has no such product before it, and no values of its own behind it.
"""

import time
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

from attnviz.errors import ChangedInPlace, MapTooLarge
from attnviz.maps import DENSE_LIMIT, Kind, Receipt, check_promise
from attnviz.taps.base import Record
from attnviz.taps.batch import AXES, examples, refuse_folded
from attnviz.taps.place import Place
from attnviz.taps.traces import variants
from attnviz.weights import Dense

SOFTMAX = variants("softmax")
PASSES = variants(
    "dropout", "to", "float", "half", "bfloat16", "double", "type_as", "view", "reshape", "contiguous", "flatten", "unflatten",
)  # fmt: skip


@dataclass(frozen=True)
class Made:
    """Weights on their way to the values. `source` is None where the tensor itself is what the softmax gave."""

    kind: Kind
    version: int | None
    source: Tensor | None = None


class Softmaxes:
    """Those of one recording that may yet turn out to be attention."""

    def __init__(self) -> None:
        self._made: Any = WeakTensorKeyDictionary()

    def made(self, weights: Tensor, kind: Kind) -> None:
        self._made[weights] = Made(kind, _version(weights))

    def passed(self, output: Any, source: Tensor) -> None:
        made = self._made.get(source) if self._made else None
        if made is not None and isinstance(output, Tensor) and output is not source:
            self._made[output] = replace(made, source=source if made.source is None else made.source)

    def __contains__(self, weights: Tensor) -> bool:
        return bool(self._made) and weights in self._made

    def taken(self, weights: Tensor) -> tuple[Tensor, Kind] | None:
        """What the softmax gave, where `weights` come from one; had once."""
        made = self._made.pop(weights, None) if self._made else None
        if made is None:
            return None
        source = weights if made.source is None else made.source
        if source.shape[-2:] != weights.shape[-2:]:
            return None
        if made.version != _version(source):
            raise ChangedInPlace("weights were changed in place between softmax and values", "use a dropout that is not in place")
        return source, made.kind


def from_softmax(place: Place, weights: Tensor, kind: Kind) -> Record:
    """(batch, head, query, key), or (batch, query, key) where there is one head, or where torch.nn folds heads in the batch."""
    start = time.perf_counter()
    four = _with_heads(place, weights.detach())
    size = 4 * four.numel()
    if size > DENSE_LIMIT:
        raise MapTooLarge(
            f"layer {place.layer}: it forms all weights of shape {tuple(four.shape)}, {size:,} bytes; the limit is {DENSE_LIMIT:,}",
            'load the model with attn_implementation="sdpa", of which query and key are enough',
        )
    kept = four.to("cpu", copy=True).float().numpy()
    error = check_promise(kept, ("batch", *AXES), "softmax", place.layer)
    axes, batch, example, notes = examples(place, len(kept), lambda i: Dense(kept[i]))
    receipt = Receipt(
        layer=place.layer, how="softmax that was multiplied with the values", backend_before="eager",
        backend_during="eager", row_sum_error=error, output_error=0.0, seconds=time.perf_counter() - start, bytes=kept.nbytes,
    )  # fmt: skip
    return Record(
        layer=place.layer, kind=kind, mechanism="multi-head", norm="softmax", axes=axes, batch=batch, example=example,
        receipt=receipt, notes=notes,
    )  # fmt: skip


def _with_heads(place: Place, weights: Tensor) -> Tensor:
    if weights.ndim == 4:
        return weights
    if place.heads is not None:
        return weights.view(-1, place.heads, *weights.shape[1:])
    refuse_folded(place, len(weights))
    return weights.unsqueeze(1)


def _version(tensor: Tensor) -> int | None:
    return None if tensor.is_inference() else tensor._version
