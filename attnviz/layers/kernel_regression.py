"""Kernel regression: attention before there were networks (Nadaraya, 1964; Watson, 1964)."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from attnviz.layers.masked_softmax import masked_softmax
from attnviz.probe import Probe


class KernelRegression(nn.Module):
    """The mean of the values, weighed by a Gaussian of the distance between query and key: softmax(-(query - key)^2 / 2 width^2).

    `width` is the Gaussian's deviation, in the unit of the keys. It is a constant (non-parametric), or with `learned` the one
    parameter (parametric). Towards 0 the nearest key takes all, towards infinity every key gets the same.
    """

    def __init__(self, width: float = 1.0, learned: bool = False) -> None:
        super().__init__()
        self.log_width = nn.Parameter(torch.tensor(math.log(width)), requires_grad=learned)
        self.probe = Probe("soft", "nadaraya-watson", "softmax", ("query", "key"))

    @property
    def width(self) -> float:
        """As it is now."""
        return math.exp(self.log_width.item())

    def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Tensor:
        """Places (batch, query) and (batch, key), values (batch, key) -> (batch, query).

        `mask` broadcasts to (batch, query, key), True at keys that may be used.
        """
        far = (query[:, :, None] - key[:, None]) ** 2
        # The nearest key is taken as at distance 0, which no softmax notices: else a small width would put all scores at -inf.
        used = far if mask is None else far.masked_fill(~mask, torch.inf)
        far = far - used.amin(-1, keepdim=True).nan_to_num(posinf=0.0)
        weights = self.probe(masked_softmax(-far / (2 * (2 * self.log_width).exp()), mask))
        return (weights @ value[:, :, None]).squeeze(-1)


def left_out_error(layer: KernelRegression, key: Tensor, value: Tensor) -> Tensor:
    """Points (batch, key) -> the mean squared error where each is foretold from all others.

    With itself among its keys a point would be foretold best by a width of 0.
    """
    others = ~torch.eye(key.shape[1], dtype=torch.bool)
    return (layer(key, key, value, others) - value).square().mean()


def descent(
    layer: KernelRegression, key: Tensor, value: Tensor, steps: int = 200, rate: float = 0.05
) -> Iterator[tuple[float, float]]:
    """Learns the width from points (batch, key); width and left-out error before every step and after the last."""
    optimizer = torch.optim.Adam([layer.log_width], lr=rate)
    for _ in range(steps):
        error = left_out_error(layer, key, value)
        yield layer.width, error.item()
        optimizer.zero_grad()
        error.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    with torch.no_grad():
        yield layer.width, left_out_error(layer, key, value).item()


def fit_width(layer: KernelRegression, key: Tensor, value: Tensor, steps: int = 200, rate: float = 0.05) -> list[float]:
    """The whole `descent`: the error before every step."""
    return [error for _, error in descent(layer, key, value, steps, rate)][:-1]
