"""The tap on torch's scaled_dot_product_attention, whoever calls it: transformers, timm, torch.nn or a layer of one's own.

The call itself still runs in the fused kernel. What is kept is what the weights are made of: query, key, scale, mask.
"""

import math
import time

from torch import Tensor

from attnviz.errors import UnknownShape
from attnviz.maps import Receipt
from attnviz.taps.base import Record
from attnviz.taps.batch import examples, refuse_folded
from attnviz.taps.factors import Call
from attnviz.taps.masks import Masks
from attnviz.taps.once import Once
from attnviz.taps.place import Place
from attnviz.taps.proof import sampled_output, sampled_value
from attnviz.taps.traces import Traces
from attnviz.weights import DotProduct


def from_kernel(
    place: Place, masks: Masks, traces: Traces, output: Tensor, query: Tensor, key: Tensor, value: Tensor,
    attn_mask: Tensor | None = None, dropout_p: float = 0.0, is_causal: bool = False, scale: float | None = None,
    enable_gqa: bool = False,  # noqa: ARG001  (the shapes of query and key say it)
) -> Record:  # fmt: skip
    """Shapes as torch has them: (batch, head, query, feature), (batch, key head, key, feature); without heads it is one head."""
    start = time.perf_counter()
    if query.ndim == 3:
        refuse_folded(place, len(query))
        attn_mask = attn_mask.unsqueeze(1) if attn_mask is not None and attn_mask.ndim == 3 else attn_mask
    query, key, value, output = (_with_heads(place.layer, tensor.detach()) for tensor in (query, key, value, output))
    factor = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    bias = None if attn_mask is None else masks.kept(attn_mask)
    layer = place.layer  # a record must not hold the module
    first = None if bias is None else bias[0]
    sampled = sampled_value(value), sampled_output(output)
    call = Call(layer, query, key, *sampled, factor, first, is_causal, dropout_p > 0)
    waits = call.can_wait(traces)
    kept = Once(call.unchanged if waits else call.factors)
    if not waits:
        kept()

    def weights(i: int) -> DotProduct:
        factors, of_example = kept(), None if bias is None else bias[i if len(bias) > 1 else 0]
        return DotProduct(factors.query[i], factors.key[i], factor, of_example, is_causal)

    axes, batch, example, notes = examples(place, len(query), weights)
    seconds = time.perf_counter() - start

    def receipt() -> Receipt:
        """`seconds` are those of the forward pass and of the first look together."""
        factors = kept()
        return Receipt(
            layer=layer, how="query and key of scaled_dot_product_attention", backend_before="fused kernel",
            backend_during="fused kernel", row_sum_error=factors.row_sum_error, output_error=factors.output_error,
            seconds=seconds + waits * factors.seconds,
            bytes=factors.query.nbytes + factors.key.nbytes + (0 if bias is None else bias.nbytes),
        )  # fmt: skip

    kind, of_query, of_key = traces.kind(query, key, query.shape[-2] == key.shape[-2]), traces.of(query), traces.of(key)
    return Record(
        layer=layer, kind=traces.of_layer(layer, kind, of_query, of_key.roots if of_key else frozenset()),
        mechanism=getattr(place.module, "mechanism", None) or _mechanism(query, key), norm="softmax", axes=axes, batch=batch,
        example=example, receipt=receipt, notes=notes,
    )  # fmt: skip


def _with_heads(layer: str, tensor: Tensor) -> Tensor:
    """(batch, position, feature) -> (batch, 1, position, feature)."""
    if tensor.ndim not in (3, 4):
        raise UnknownShape(
            f"layer {layer}: attention over tensors of {tensor.ndim} axes", "known are batch, head, position, feature"
        )
    return tensor if tensor.ndim == 4 else tensor.unsqueeze(1)


def _mechanism(query: Tensor, key: Tensor) -> str:
    heads, key_heads = query.shape[1], key.shape[1]
    return "multi-head" if heads == key_heads else "multi-query" if key_heads == 1 else "grouped-query"
