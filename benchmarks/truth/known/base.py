"""What the architectures share."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.truth.made import Made
from benchmarks.truth.told import AGAIN, Telling

Known = Callable[[], Made]
B, N, C, H = 2, 6, 8, 2  # batch, positions, channels, heads: of sizes that divide each other


def split(x: Tensor, h: int = H) -> Tensor:
    """(batch, position, channel) -> (batch, head, position, feature)."""
    return x.unflatten(-1, (h, -1)).transpose(1, 2)


def merge(x: Tensor) -> Tensor:
    """(batch, head, position, feature) -> (batch, position, channel)."""
    return x.transpose(1, 2).flatten(2)


class Heads(Telling):
    """Projections of query, key and value, and one out of the heads; spread wide, so that weights differ."""

    def __init__(self, c: int = C, h: int = H, g: int | None = None) -> None:
        super().__init__()
        self.h, self.g, self.d = h, g or h, c // h
        self.q, self.k, self.v = nn.Linear(c, c), nn.Linear(c, self.g * self.d), nn.Linear(c, self.g * self.d)
        self.out = nn.Linear(c, c)
        for layer in (self.q, self.k):
            nn.init.normal_(layer.weight, std=1.5 / c**0.5)

    def three(self, x: Tensor, y: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """(batch, head, position, feature) of each; keys of `y` where it is given."""
        y = x if y is None else y
        return split(self.q(x), self.h), split(self.k(y), self.g), split(self.v(y), self.g)

    def attend(self, q: Tensor, k: Tensor, v: Tensor, axes: str, kind: str | None = "self", bias: Tensor | None = None) -> Tensor:
        """The plain form; `axes`: of its weights behind the example."""
        scores = q @ k.mT / q.shape[-1] ** 0.5
        weights = (scores if bias is None else scores + bias).softmax(-1)
        self.tell(weights, axes, kind)
        return weights @ v

    def fused(self, q: Tensor, k: Tensor, v: Tensor, axes: str, kind: str | None = "self", **more: object) -> Tensor:
        """The fused kernel, without a mask."""
        self.tell((q.double() @ k.double().mT / q.shape[-1] ** 0.5).softmax(-1), axes, kind, AGAIN)
        return F.scaled_dot_product_attention(q, k, v, **more)  # type: ignore[arg-type]


def rows(n: int = N, b: int = B, c: int = C) -> Tensor:
    """(batch, position, channel)."""
    return torch.randn(b, n, c)


def image(high: int = 4, wide: int = 4, b: int = B, c: int = C) -> Tensor:
    """(batch, channel, row, column)."""
    return torch.randn(b, c, high, wide)


def given(net: Callable[[], nn.Module], *inputs: Callable[[], object]) -> Known:
    """An architecture, and what it is called with."""

    def make() -> Made:
        return Made(net(), tuple(one() for one in inputs))

    return make
