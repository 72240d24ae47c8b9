"""The tap on torch's scaled_dot_product_attention, whoever calls it: transformers, timm, torch.nn or a layer of one's own.

The call itself still runs in the fused kernel. What is kept is what the weights are made of: query, key, scale, mask.
"""

import math
import time
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from attnviz.errors import UnknownShape
from attnviz.maps import Receipt
from attnviz.taps.base import Record
from attnviz.taps.batch import examples
from attnviz.taps.factors import Call, Factors
from attnviz.taps.masks import Masks
from attnviz.taps.once import Once
from attnviz.taps.place import Place
from attnviz.taps.proof import sampled_output, sampled_value
from attnviz.taps.rows import Rows
from attnviz.taps.traces import Traces
from attnviz.weights import DotProduct


class Kernel(NamedTuple):
    """What the maps of one call are made of; query and key stay where they are until the first look where a call `waits`."""

    layer: str
    factors: Once[Factors]
    scale: float
    bias: NDArray[Any] | None
    causal: bool
    waits: bool

    def pick(self, rows: NDArray[np.int64]) -> DotProduct:
        """Numbers of rows -> (row, query, key)"""
        factors, bias, scale, causal = self.factors(), self.bias, self.scale, self.causal
        heads = factors.query.shape[1]
        one, head = np.divmod(rows, heads)
        if len(rows) == heads and (one == one[0]).all() and (head == np.arange(heads)).all():
            of_example = None if bias is None else bias[one[0] if len(bias) > 1 else 0]
            return DotProduct(factors.query[one[0]], factors.key[one[0]], scale, of_example, causal)
        of_rows = None if bias is None else bias[one if len(bias) > 1 else 0 * one, head if bias.shape[1] > 1 else 0 * head]
        key_head = head * factors.key.shape[1] // heads
        return DotProduct(factors.query[one, head], factors.key[one, key_head], scale, of_rows, causal)

    def receipt(self, seconds: float, evidence: str) -> Receipt:
        """`seconds` are those of the forward pass; those of the first look are added."""
        factors = self.factors()
        return Receipt(
            layer=self.layer, how="query and key of scaled_dot_product_attention", backend_before="fused kernel",
            backend_during="fused kernel", row_sum_error=factors.row_sum_error, output_error=factors.output_error,
            seconds=seconds + self.waits * factors.seconds,
            bytes=factors.query.nbytes + factors.key.nbytes + (0 if self.bias is None else self.bias.nbytes), evidence=evidence,
        )  # fmt: skip


def from_kernel(
    place: Place, masks: Masks, traces: Traces, output: Tensor, query: Tensor, key: Tensor, value: Tensor,
    attn_mask: Tensor | None = None, dropout_p: float = 0.0, is_causal: bool = False, scale: float | None = None,
    enable_gqa: bool = False,  # noqa: ARG001  (the shapes of query and key say it)
) -> Record:  # fmt: skip
    """Shapes as torch has them: (batch, head, query, feature), (batch, key head, key, feature); without heads it is one head."""
    start = time.perf_counter()
    place.identity.meet(place)
    of_query, of_key = traces.of(query), traces.of(key)
    apart, tokens = query.ndim > 3, 0 if of_query is None else of_query.tokens
    query, key, value, output = query.detach(), key.detach(), value.detach(), output.detach()
    if not (query.ndim == 4 and query.shape[0] == key.shape[0] == value.shape[0]):
        query, key, value, output, attn_mask = _by_rows(place.layer, query, key, value, output, attn_mask)
    batch, heads, queries, features = query.shape
    if apart and place.identity.sizes - {1} <= {batch} and _grouped_by_query(query, key, attn_mask, tokens):
        query, output = (tensor.reshape(batch, -1, 1, tensor.shape[-1]) for tensor in (query, output))
        heads, queries = query.shape[1:3]
    bias = None if attn_mask is None else masks.kept(attn_mask)
    scale = 1 / math.sqrt(features) if scale is None else scale
    first = None if bias is None else bias[0]
    sampled = sampled_value(value), sampled_output(output)
    call = Call(place.layer, query, key, *sampled, scale, first, is_causal, dropout_p > 0)
    copied = call.copied()
    untouched = copied is None and of_query is not None and of_key is not None and call.can_wait()
    waits = untouched or copied is not None
    kernel = Kernel(place.layer, Once(call.unchanged if untouched else (copied or call).factors), scale, bias, is_causal, waits)
    if not waits:
        kernel.factors()
    found = examples(place, Rows(batch, heads, queries, tokens, query, apart), kernel.pick)
    kind = traces.kind(query, key, queries == key.shape[2])
    mechanism = getattr(type(place.module), "mechanism", None) or _mechanism(heads, key.shape[1])
    return Record(
        layer=place.layer, kind=traces.of_layer(place.layer, kind, of_query, of_key.roots if of_key else frozenset()),
        mechanism=mechanism, norm="softmax", axes=found.axes,
        held=found.held, example=found.weights, receipt=partial(kernel.receipt, time.perf_counter() - start, found.evidence),
        notes=found.notes, ambiguous=found.ambiguous, turn=place.identity.serial,
    )  # fmt: skip


def _by_rows(
    layer: str, query: Tensor, key: Tensor, value: Tensor, output: Tensor, mask: Tensor | None
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor | None]:
    """(batch, 1 or head, position, feature) of any axes before the position, and a mask of as many."""
    if query.ndim < 3:
        raise UnknownShape(
            f"layer {layer}: attention over tensors of {query.ndim} axes", "known are batch, head, position, feature"
        )
    if query.ndim == 3:
        mask = mask.unsqueeze(1) if mask is not None and mask.ndim == 3 else mask
        query, key, value, output = (tensor.unsqueeze(1) for tensor in (query, key, value, output))
    lead = output.shape[:-3]
    if query.ndim > 4 and mask is not None and mask.ndim > 3:
        mask = mask.expand(*lead, *mask.shape[-3:]).flatten(0, -4)
    if query.ndim > 4 or not len(query) == len(key) == len(value):
        four = (tensor.expand(*lead, *tensor.shape[-3:]).flatten(0, -4) for tensor in (query, key, value, output))
        query, key, value, output = four
    return query, key, value, output, mask


def _grouped_by_query(query: Tensor, key: Tensor, mask: Tensor | None, tokens: int) -> bool:
    """Whether the heads that share a key stand on the axis of the queries, as transformers has them for a single new token.

    There was one token for each example, and each had several rows: those are its heads, one behind the other in their group.
    """
    return (
        tokens == len(query) < query.shape[2] * len(query) and query.shape[1] == key.shape[1]
        and (mask is None or mask.ndim < 2 or mask.shape[-2] == 1)
    )  # fmt: skip


def _mechanism(heads: int, key_heads: int) -> str:
    return "multi-head" if heads == key_heads else "multi-query" if key_heads == 1 else "grouped-query"
