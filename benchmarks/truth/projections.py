"""How query, key and value are made of the rows: each gives them with the letters of their axes, R first."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Lettered = tuple[Tensor, str]
Three = tuple[Lettered, Lettered, Lettered]


@dataclass(frozen=True)
class Widths:
    """Channels of a row, heads, key heads, features of a head, and queries of a row."""

    c: int
    h: int
    g: int
    d: int
    q: int


class Projection(nn.Module):
    """(R, query, channel) and (R, key, channel) -> query, key and value with their letters. `crossing`: queries of no row."""

    crossing = False

    def __init__(self, w: Widths) -> None:
        super().__init__()
        self.w = w

    def split(self, query: Tensor, key: Tensor, value: Tensor) -> Three:
        """From (R, position, head and feature)."""
        return (
            (query.unflatten(-1, (self.w.h, self.w.d)), "Rqhd"), (key.unflatten(-1, (self.w.g, self.w.d)), "Rkgd"),
            (value.unflatten(-1, (self.w.g, self.w.d)), "Rkgd"),
        )  # fmt: skip


class Fused(Projection):
    """One linear layer for all three of one input."""

    def __init__(self, w: Widths) -> None:
        super().__init__(w)
        self.qkv = nn.Linear(w.c, (w.h + 2 * w.g) * w.d)

    def forward(self, x: Tensor, y: Tensor) -> Three:  # noqa: ARG002
        w = self.w
        return self.split(*self.qkv(x).split([w.h * w.d, w.g * w.d, w.g * w.d], -1))


class FusedByHead(Projection):
    """The same, with all three of a head next to each other (Falcon, GPT-NeoX), or all heads of one of the three (timm)."""

    def __init__(self, w: Widths, inner: bool = True) -> None:
        super().__init__(w)
        self.inner, self.qkv = inner, nn.Linear(w.c, 3 * w.h * w.d)

    def forward(self, x: Tensor, y: Tensor) -> Three:  # noqa: ARG002
        w = self.w
        if self.inner:
            q, k, v = self.qkv(x).unflatten(-1, (w.h, 3, w.d)).unbind(-2)
            return (q, "Rqhd"), (k, "Rkgd"), (v, "Rkgd")
        q, k, v = self.qkv(x).reshape(len(x), x.shape[1], 3, w.h, w.d).permute(2, 0, 3, 1, 4)
        return (q, "Rhqd"), (k, "Rgkd"), (v, "Rgkd")


class Separate(Projection):
    """A linear layer each; perhaps with norms before them, or behind them (Qwen3), or keys through a narrow one (MLA)."""

    def __init__(self, w: Widths, before: bool = False, after: bool = False, narrow: bool = False) -> None:
        super().__init__(w)
        self.q = nn.Linear(w.c, w.h * w.d)
        self.k, self.v = (nn.Linear(2 if narrow else w.c, w.g * w.d) for _ in range(2))
        self.narrow = nn.Linear(w.c, 2) if narrow else None
        self.n1, self.n2 = (nn.LayerNorm(w.c), nn.LayerNorm(w.c)) if before else (None, None)
        self.after = nn.LayerNorm(w.d) if after else None

    def forward(self, x: Tensor, y: Tensor) -> Three:
        if self.n1 is not None and self.n2 is not None:
            x, y = self.n1(x), self.n2(y)
        y = y if self.narrow is None else self.narrow(y)
        q, k, v = self.split(self.q(x), self.k(y), self.v(y))
        if self.after is not None:
            q, k = (self.after(q[0]), q[1]), (self.after(k[0]), k[1])
        return q, k, v


class KeysTogether(Projection):
    """One layer for the query, one for key and value, of rows that may be pooled before (PVT, SegFormer)."""

    def __init__(self, w: Widths, pool: int = 1) -> None:
        super().__init__(w)
        self.pool, self.q, self.kv = pool, nn.Linear(w.c, w.h * w.d), nn.Linear(w.c, 2 * w.g * w.d)

    def forward(self, x: Tensor, y: Tensor) -> Three:
        if self.pool > 1:
            y = F.avg_pool1d(y.mT, min(self.pool, y.shape[1])).mT
        return self.split(self.q(x), *self.kv(y).chunk(2, -1))


class Products(Projection):
    """Parameters and einsum, (channel, head, feature) each, or a plain product with a matrix."""

    def __init__(self, w: Widths, plain: bool = False) -> None:
        super().__init__(w)
        self.plain = plain
        self.q = nn.Parameter(torch.randn(w.c, w.h, w.d) / w.c**0.5)
        self.k, self.v = (nn.Parameter(torch.randn(w.c, w.g, w.d) / w.c**0.5) for _ in range(2))

    def forward(self, x: Tensor, y: Tensor) -> Three:
        if self.plain:
            return self.split(x @ self.q.flatten(1), y @ self.k.flatten(1), torch.matmul(y, self.v.flatten(1)))
        q, k, v = (torch.einsum("rtc,chd->rhtd", t, p) for t, p in ((x, self.q), (y, self.k), (y, self.v)))
        return (q, "Rhqd"), (k, "Rgkd"), (v, "Rgkd")


class Convolved(Projection):
    """1 x 1 convolutions over (R, channel, position), or over rows and columns of positions (non-local, SAGAN, CvT)."""

    def __init__(self, w: Widths, plane: bool = False) -> None:
        super().__init__(w)
        self.plane = plane
        layer = nn.Conv2d if plane else nn.Conv1d
        self.q, self.k, self.v = layer(w.c, w.h * w.d, 1), layer(w.c, w.g * w.d, 1), layer(w.c, w.g * w.d, 1)

    def forward(self, x: Tensor, y: Tensor) -> Three:
        def project(layer: nn.Module, rows: Tensor, heads: int) -> Tensor:
            planes = rows.mT.unsqueeze(2) if self.plane else rows.mT
            return layer(planes).flatten(2).unflatten(1, (heads, -1))

        return (
            (project(self.q, x, self.w.h), "Rhdq"),
            (project(self.k, y, self.w.g), "Rgdk"),
            (project(self.v, y, self.w.g), "Rgdk"),
        )


class Learned(Projection):
    """Queries that are parameters (Perceiver, DETR, set transformers): they come from no row."""

    crossing = True

    def __init__(self, w: Widths) -> None:
        super().__init__(w)
        self.latents = nn.Parameter(torch.randn(w.q, w.c))
        self.q, self.kv = nn.Linear(w.c, w.h * w.d), nn.Linear(w.c, 2 * w.g * w.d)

    def forward(self, x: Tensor, y: Tensor) -> Three:
        return self.split(self.q(self.latents.expand(len(x), -1, -1)), *self.kv(y).chunk(2, -1))


class Tied(Projection):
    """Query and key are one (Reformer); or rows as they are, as in the first lines of every tutorial."""

    def __init__(self, w: Widths) -> None:
        super().__init__(w)
        self.qk, self.v = nn.Linear(w.c, w.h * w.d), nn.Linear(w.c, w.h * w.d)

    def forward(self, x: Tensor, y: Tensor) -> Three:
        q = self.qk(x)
        return self.split(q, q if y is x else self.qk(y), self.v(y))


class AsTheyAre(Projection):
    """Rows as they are, split into heads; values through one layer."""

    def __init__(self, w: Widths) -> None:
        super().__init__(w)
        self.v = nn.Linear(w.c, w.c)

    def forward(self, x: Tensor, y: Tensor) -> Three:
        return self.split(x, y, self.v(y))


@dataclass(frozen=True)
class Way:
    """`cross`: may take keys of another input. `equal`: needs as many key heads as heads."""

    make: Callable[[Widths], Projection]
    cross: bool = True
    equal: bool = False


PROJECTIONS = {
    "fused": Way(Fused, cross=False),
    "fused by head": Way(FusedByHead, cross=False, equal=True),
    "fused as in timm": Way(lambda w: FusedByHead(w, inner=False), cross=False, equal=True),
    "separate": Way(Separate),
    "separate behind norms": Way(lambda w: Separate(w, before=True)),
    "with norms of query and key": Way(lambda w: Separate(w, after=True)),
    "through a narrow layer": Way(lambda w: Separate(w, narrow=True)),
    "keys and values together": Way(KeysTogether),
    "of pooled rows": Way(lambda w: KeysTogether(w, pool=2)),
    "einsum": Way(Products),
    "matmul": Way(lambda w: Products(w, plain=True)),
    "1x1 convolutions": Way(Convolved),
    "1x1 convolutions in a plane": Way(lambda w: Convolved(w, plane=True)),
    "learned queries": Way(Learned),
    "tied": Way(Tied, equal=True),
    "none": Way(AsTheyAre, equal=True),
}
