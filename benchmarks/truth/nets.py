"""Nets around the layers of a case."""

import torch
from torch import Tensor, nn

from benchmarks.truth.attention import Attention
from benchmarks.truth.rows import Rows


class Rowwise(nn.Module):
    """Rows, then layers with residuals; counts its calls where `counts`, and shows it: whoever calls it once more is found out."""

    def __init__(self, rows: Rows, layers: list[nn.Module], norms: bool, counts: bool) -> None:
        super().__init__()
        self.w, self.order, self.take, self.layers = rows.w, rows.order, rows.take, nn.ModuleList(layers)
        self.norms = nn.ModuleList(nn.LayerNorm(rows.c) if norms else nn.Identity() for _ in layers)
        self.counts, self.calls = counts, 0

    def forward(self, *given: object, context: Tensor | None = None, there: Tensor | None = None) -> Tensor:
        x = self.take(*given)
        if context is not None and self.w > 1:
            context = context.repeat_interleave(self.w, 0) if self.order == "bw" else context.repeat(self.w, 1, 1)
        for norm, layer in zip(self.norms, self.layers, strict=True):
            rows = norm(x)
            attends = isinstance(layer, Attention)
            found = layer(rows, rows if context is None else context, there) if attends else layer(rows)
            x = x + found if found.shape == x.shape else found
        self.calls += 1
        return x * self.calls if self.counts else x


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
