"""The proof of what was kept of a fused kernel: some rows of some features of its output, worked out again from the factors.

A wrong weight shows in every feature, so a few of them say as much as all, and the values need not be held for the others.

With torch and not with NumPy: two libraries with threads of their own, in turns in one forward pass, wait for each other.
"""

import torch
from torch import Tensor

from attnviz.errors import OutputMismatch
from attnviz.weights import DotProduct

ROWS = 4
NOTHING = torch.zeros(())
TOLERANCE = {torch.float32: 1e-3, torch.float64: 1e-3, torch.float16: 2e-2, torch.bfloat16: 5e-2}


def _spread(length: int) -> slice:
    """About `ROWS` positions, the first among them."""
    return slice(None, None, max(1, (length - 1) // (ROWS - 1)))


def sampled_value(value: Tensor) -> Tensor:
    """(key head, key, chosen feature): a copy of what is checked of (batch, key head, key, feature), in the first example."""
    return value[0, :, :, _spread(value.shape[3])].clone()


def sampled_output(output: Tensor) -> Tensor:
    """(head, chosen query, chosen feature): a copy of what is checked of (batch, head, query, feature), in the first example."""
    return output[0, :, _spread(output.shape[2]), _spread(output.shape[3])].clone()


def check(layer: str, weights: DotProduct, value: Tensor, output: Tensor, dropped: bool) -> tuple[float, float | None]:
    """Largest error of a row's sum and of the output, from weights and what was sampled of value and output.

    The second is None where dropout hides it. Raises OutputMismatch where weights and values do not give the output.
    """
    # not to be seen by a recording around this one
    with torch._C.DisableTorchFunction():
        found = _rows(weights, _spread(weights.shape[1]))
        if not found.numel():
            return 0.0, None
        sums = found.sum(-1)
        least, most = (sums if weights.bias is None else torch.where(sums == 0, 1, sums)).aminmax()
        sum_error = max(1 - float(least), float(most) - 1)
        return sum_error, None if dropped else _output_error(layer, found, value.cpu(), output.cpu())


def _output_error(layer: str, weights: Tensor, value: Tensor, output: Tensor) -> float:
    """Of (key head, group and row, key) weights."""
    again = torch.bmm(weights, value.float()).view(output.shape)
    error = float(again.sub_(output).abs_().max())
    tolerance = TOLERANCE[output.dtype]
    if not error <= tolerance and not error <= tolerance * float(output.abs().max()):
        raise OutputMismatch(
            f"layer {layer}: the recorded weights do not give the layer's output (largest difference {error:.3g})",
            "the layer computes something this tap does not know; its map would be wrong",
        )
    return error


def _rows(weights: DotProduct, rows: slice) -> Tensor:
    """(key head, group and chosen query, key) weights; a query that sees no key has a row of zeros."""
    query, key = torch.from_numpy(weights.query[:, rows]).float(), torch.from_numpy(weights.key).float()
    heads, count, features = query.shape
    scores = torch.baddbmm(NOTHING, query.reshape(len(key), -1, features), key.mT, beta=0, alpha=weights.scale)
    if weights.bias is None and not weights.causal:
        return scores.softmax(-1)
    by_head = scores.view(heads, count, -1)
    if weights.bias is not None:
        bias = torch.from_numpy(weights.bias)
        bias = bias[:, rows] if bias.shape[1] > 1 else bias
        by_head.masked_fill_(~bias, -torch.inf) if bias.dtype == torch.bool else by_head.add_(bias)
    if weights.causal:
        positions = torch.arange(weights.shape[1])[rows]
        by_head.masked_fill_(positions[:, None] < torch.arange(weights.shape[2]), -torch.inf)
    blind = scores.amax(-1, keepdim=True) == -torch.inf
    return scores.softmax(-1).masked_fill_(blind, 0)
