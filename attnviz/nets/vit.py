"""A small vision Transformer (Dosovitskiy et al., 2021, arXiv:2010.11929) behind a convolutional stem (Xiao et al., 2021,
arXiv:2106.14881)."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnviz.encode import Encoded, Patches
from attnviz.nets.base import Net
from attnviz.nets.resnet import halving
from attnviz.nets.transformer import EncoderLayer


class VisionTransformer(Net):
    """Two convolutions and a pooling, patches of 2 x 2 of what they give, a CLS token, and encoder layers; CLS decides.

    `side` is that of the photo; a quarter of it is the side of the grid of patches.
    """

    def __init__(
        self, labels: int, width: int, heads: int, layers: int, inner: int, side: int = 32, stem: int = 54, features: int = 64
    ) -> None:
        super().__init__()
        self.side = side // 4
        self.stem = nn.Conv2d(3, stem, 3, padding=1)
        self.down = halving(stem, features)
        self.patch = nn.Sequential(nn.Conv2d(features, width, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(width))
        self.cls = nn.Parameter(torch.randn(width) * 0.02)
        self.places = nn.Parameter(torch.randn(1 + self.side**2, width) * 0.02)
        self.encoder = nn.ModuleList(EncoderLayer(width, heads, dropout=0.0, inner=inner) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, labels)

    def forward(self, image: Tensor) -> Tensor:
        """(batch, 3, row, column), normalised -> logits (batch, label)."""
        x = self.embedded(image)
        last = len(self.encoder) - 1
        for i, layer in enumerate(self.encoder):
            # of the last layer only CLS is read: the rest is worked out for those who look, not for a training
            x = layer(x, first=1 if i == last and self.training else None)
        logits: Tensor = self.head(self.norm(x[:, 0]))
        return logits

    def embedded(self, image: Tensor) -> Tensor:
        """(batch, 3, row, column) -> CLS and the patches row by row, with their places: (batch, 1 + patch, width)."""
        patches = self.patch(self.down(F.gelu(self.stem(image)))).flatten(2).transpose(1, 2)
        cls = self.cls.to(patches.dtype).expand(len(patches), 1, -1)
        return torch.cat([cls, patches], dim=1) + self.places

    def patches(self, encoded: Encoded, positions: set[int]) -> Mapping[int, Patches]:  # noqa: ARG002  (all layers have one grid)
        grid = Patches(self.side, self.side, ("CLS",))
        return {len(grid): grid}
