"""EfficientNet-Lite0 with self-attention before its decision: CLS and 14 x 14 places look at one another, then CLS reads.

The tokens are made of what the backbone knows of each place, without any positions of their own. After the encoder's layers they
say where to look; what is read there is the backbone's evidence, of which each head of the last layer reads its own channels. The
linear head of the network gets what CLS read and nothing else.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from attnviz.encode import Encoded, Patches
from attnviz.layers.evidence_heads import EvidenceHeads
from attnviz.nets.on_lite0 import EARLY, LATE, OnLite0
from attnviz.nets.transformer import EncoderLayer

SIDE = 14


class PhotoSelf(OnLite0):
    """`layers` of the encoder, each of `width`, `heads` and a feed-forward net `inner` wide; then the layer that reads."""

    def __init__(self, labels: int, width: int = 128, heads: int = 4, layers: int = 1, inner: int = 256) -> None:
        super().__init__(labels)
        self.patch = nn.Sequential(nn.Conv2d(EARLY + LATE, width, 1, bias=False), nn.BatchNorm2d(width))
        self.cls = nn.Parameter(torch.randn(width) * 0.02)
        self.encoder = nn.ModuleList(EncoderLayer(width, heads, dropout=0.0, inner=inner) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.reading = EvidenceHeads(width, heads)

    def decided(self, early: Tensor, late: Tensor) -> Tensor:
        """Features behind the fifth and the seventh stage, (batch, 112 and 320, row, column) -> logits (batch, label)."""
        x = self.tokens(torch.cat([early, late], dim=1))
        for layer in self.encoder:
            x = layer(x)
        read = self.reading(self.norm(x), self.backbone.widen(late).flatten(2).transpose(1, 2))
        logits: Tensor = self.head(read[:, 0])
        return logits

    def tokens(self, features: Tensor) -> Tensor:
        """(batch, 432, row, column) -> CLS and the places row by row, (batch, 1 + place, width)."""
        places = self.patch(features).flatten(2).transpose(1, 2)
        cls = self.cls.to(places.dtype).expand(len(places), 1, -1)
        return torch.cat([cls, places], dim=1)

    def patches(self, encoded: Encoded, positions: set[int]) -> Mapping[int, Patches]:  # noqa: ARG002  (all layers have one grid)
        grid = Patches(SIDE, SIDE, ("CLS",))
        return {len(grid): grid}
