"""Nets around the layers of a case."""

import torch
from torch import Tensor, nn

from benchmarks.truth.attention import Attention
from benchmarks.truth.row import Rows
from benchmarks.truth.told import Telling


class Rowwise(nn.Module):
    """Rows, then layers with residuals; counts its calls where `counts`, and shows it: whoever calls it once more is found out.

    `loops`: attention gets the rows one by one.
    """

    def __init__(self, rows: Rows, layers: list[nn.Module], norm: str, counts: bool, loops: bool = False) -> None:
        super().__init__()
        self.loops = loops
        self.w, self.order, self.take, self.layers = rows.w, rows.order, rows.take, nn.ModuleList(layers)
        self.norms = nn.ModuleList(NORMS[norm](rows.c) for _ in layers)
        self.counts, self.calls = counts, 0
        for layer in layers:
            if isinstance(layer, Telling):
                layer.w, layer.order = rows.w, rows.order

    def forward(self, *given: object, context: Tensor | None = None, there: Tensor | None = None) -> Tensor:
        x = self.take(*given)
        if context is not None and self.w > 1:
            context = context.repeat_interleave(self.w, 0) if self.order == "bw" else context.repeat(self.w, 1, 1)
        for norm, layer in zip(self.norms, self.layers, strict=True):
            rows = norm(x)
            keys = rows if context is None else context
            found = self._attended(layer, rows, keys, there) if isinstance(layer, Attention) else layer(rows)
            x = x + found if found.shape == x.shape else found
        self.calls += 1
        return x * self.calls if self.counts else x

    def _attended(self, layer: nn.Module, rows: Tensor, keys: Tensor, there: Tensor | None) -> Tensor:
        if not self.loops:
            return layer(rows, keys, there)
        found = []
        for number in range(len(rows)):
            layer.only, one = number, slice(number, number + 1)
            x = rows[one]
            found.append(layer(x, x if keys is rows else keys[one], None if there is None else there[one]))
        return torch.cat(found)


class OverBatch(nn.Module):
    """A norm over all examples while training, and dropout: (row, position, channel) -> the same."""

    def __init__(self, c: int) -> None:
        super().__init__()
        self.norm, self.dropout = nn.BatchNorm1d(c), nn.Dropout(0.1)

    def forward(self, x: Tensor) -> Tensor:
        return self.dropout(self.norm(x.mT).mT)


NORMS = {"none": lambda _: nn.Identity(), "layer": nn.LayerNorm, "batch, training": OverBatch}


class Towers(nn.Module):
    """Two nets side by side, each with a batch of its own, and how their means agree."""

    def __init__(self, one: nn.Module, two: nn.Module, c: int, d: int) -> None:
        super().__init__()
        self.one, self.two, self.join, self.joins = one, two, nn.Linear(c, 4), nn.Linear(d, 4)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        return self.join(self.one(first).mean(1)) @ self.joins(self.two(second).mean(1)).T


class ImageNet(nn.Module):
    """Views of images, a convolution, then layers over the feature map."""

    def __init__(self, layers: list[nn.Module], c: int, joined: str) -> None:
        super().__init__()
        self.joined, self.stem, self.layers = joined, nn.Conv2d(c, c, 1), nn.ModuleList(layers)

    def forward(self, *given: Tensor | list[Tensor]) -> Tensor:
        x = self._joined(given)
        x = self.stem(x)
        for layer in self.layers:
            x = layer(x)
        return x

    def _joined(self, given: tuple[Tensor | list[Tensor], ...]) -> Tensor:
        first = given[0]
        if isinstance(first, list):
            return torch.cat(first)
        if self.joined == "pair":
            return torch.cat([view for view in given if isinstance(view, Tensor)])
        return first.flatten(0, 1) if self.joined == "stacked" else first
