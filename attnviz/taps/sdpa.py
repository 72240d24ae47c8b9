"""The tap on torch's scaled_dot_product_attention, whoever calls it: transformers, timm, torch.nn or a layer of one's own.

The call itself still runs in the fused kernel. What is kept is what the weights are made of: query, key, scale, mask.
A `TorchFunctionMode` belongs to one thread, so nothing is set on the model and other threads are never seen.
"""

import math
import sys
import time
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from attnviz.errors import MapError
from attnviz.maps import Receipt
from attnviz.taps.base import Emit, Record, Wanted
from attnviz.weights import DotProduct

# Rows whose output is worked out again from the recorded factors and held against what the kernel returned.
CHECKED_ROWS = 4
OUTPUT_TOLERANCE = {torch.float32: 1e-3, torch.float64: 1e-3, torch.float16: 2e-2, torch.bfloat16: 5e-2}

# A mode is off while it answers a call, so it would not see the kernel that this Python function of torch calls inside.
# The same code without the question whether a mode is on can run with the mode on.
_multi_head = FunctionType(
    F.multi_head_attention_forward.__code__,
    {**vars(F), "has_torch_function": lambda _: False},
    argdefs=F.multi_head_attention_forward.__defaults__,
)


class sdpa(TorchFunctionMode):  # noqa: N801  (reads as the tap's name in TAPS)
    """Emits a record for each call of the kernel from inside a module of `model`."""

    def __init__(self, model: nn.Module, wanted: Wanted, ours: Callable[[], bool], emit: Emit) -> None:
        super().__init__()
        self.names = {id(module): name or type(model).__name__ for name, module in model.named_modules()}
        self.wanted, self.ours, self.emit = wanted, ours, emit

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is F.multi_head_attention_forward:
            with self:
                return _multi_head(*args, **(kwargs or {}))
        output = func(*args, **(kwargs or {}))
        if func is F.scaled_dot_product_attention and self.ours():
            layer = self._calling_layer()
            if layer is not None and self.wanted(layer):
                self.emit(_record(layer, output, *args, **(kwargs or {})))
        return output

    def _calling_layer(self) -> str | None:
        """The innermost module of the model on the call stack; a look at frames leaves no trace on the model."""
        frame = sys._getframe(2)
        while frame is not None:
            name = self.names.get(id(frame.f_locals.get("self")))
            if name is not None:
                return name
            frame = frame.f_back  # type: ignore[assignment]
        return None


def _record(
    layer: str, output: Tensor, query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None,
    dropout_p: float = 0.0, is_causal: bool = False, scale: float | None = None,
    enable_gqa: bool = False,  # noqa: ARG001  (the shapes of query and key say it)
) -> Record:  # fmt: skip
    """Shapes as torch has them: (batch, head, query, feature), (batch, key head, key, feature)."""
    start = time.perf_counter()
    if query.ndim != 4:
        raise MapError(f"layer {layer}: attention over tensors of {query.ndim} axes", "known are batch, head, position, feature")
    factor = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    kept_query, kept_key, bias = _kept(query), _kept(key), _bias(attn_mask)

    def example(i: int) -> DotProduct:
        of_example = None if bias is None else bias[i if len(bias) > 1 else 0]
        return DotProduct(kept_query[i], kept_key[i], factor, of_example, is_causal)

    error = _output_error(layer, example(0), value[0], output[0], query.dtype) if dropout_p == 0 else None
    receipt = Receipt(
        layer=layer, how="query and key of scaled_dot_product_attention", backend_before="fused kernel",
        backend_during="fused kernel", row_sum_error=_row_sum_error(example(0)), output_error=error,
        seconds=time.perf_counter() - start, bytes=kept_query.nbytes + kept_key.nbytes + (0 if bias is None else bias.nbytes),
    )  # fmt: skip
    return Record(
        layer=layer, kind="self" if query.shape[-2] == key.shape[-2] else "soft", mechanism=_mechanism(query, key),
        norm="softmax", axes=("head", "query", "key"), batch=len(kept_query), example=example, receipt=receipt,
    )  # fmt: skip


def _mechanism(query: Tensor, key: Tensor) -> str:
    heads, key_heads = query.shape[1], key.shape[1]
    return "multi-head" if heads == key_heads else "multi-query" if key_heads == 1 else "grouped-query"


def _kept(tensor: Tensor) -> NDArray[Any]:
    """A copy that nobody else holds; bfloat16, which NumPy lacks, becomes float32."""
    copy = tensor.detach().to("cpu", torch.float32 if tensor.dtype == torch.bfloat16 else tensor.dtype, copy=True)
    return copy.numpy()


def _bias(mask: Tensor | None) -> NDArray[Any] | None:
    """(batch or 1, head or 1, query or 1, key) to add to the scores: 0 and -inf from a mask of booleans."""
    if mask is None:
        return None
    four = mask.detach()[(None,) * (4 - mask.ndim)]
    if four.dtype == torch.bool:
        four = torch.zeros(four.shape).masked_fill(~four.cpu(), -torch.inf)
    return four.to("cpu", torch.float32, copy=True).numpy()


def _some_rows(weights: DotProduct) -> NDArray[np.int64]:
    return np.unique(np.linspace(0, weights.shape[1] - 1, CHECKED_ROWS).round().astype(np.int64))


def _row_sum_error(weights: DotProduct) -> float:
    sums = weights.window(0, _some_rows(weights), slice(None)).sum(-1)
    return float(np.where(sums == 0, 0, np.abs(sums - 1)).max(initial=0))


def _output_error(layer: str, weights: DotProduct, value: Tensor, output: Tensor, dtype: torch.dtype) -> float:
    """Largest difference between the kernel's output and the recorded weights times the values, on some rows of each head."""
    rows = _some_rows(weights)
    values, outputs = (tensor.detach().cpu().float().numpy() for tensor in (value, output))
    heads = weights.shape[0]
    again = [weights.window(h, rows, slice(None)) @ values[h * len(values) // heads] for h in range(heads)]
    error = float(np.abs(np.stack(again) - outputs[:, rows]).max(initial=0))
    allowed = OUTPUT_TOLERANCE[dtype] * max(1.0, float(np.abs(outputs[:, rows]).max(initial=0)))
    if not error <= allowed:
        raise MapError(
            f"layer {layer}: the recorded weights do not give the layer's output (largest difference {error:.3g})",
            "the layer computes something this tap does not know; its map would be wrong",
        )
    return error
