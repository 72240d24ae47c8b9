"""A net of random weights whose layers look at grids of their own, square or not, with or without a token before them."""

from collections.abc import Mapping, Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnviz.cards import ModelCard
from attnviz.encode import Encoded, Patches, encode_image
from attnviz.layers.multi_head import MultiHead
from attnviz.nets import Net
from attnviz.paths import MODELS

LABELS = ("cat", "dog", "ship")
WIDTH = 8


class Look(nn.Module):
    """Self-attention over a grid of (row, column) patches, behind a CLS token where there is one."""

    def __init__(self, grid: tuple[int, int], heads: int, cls: bool) -> None:
        super().__init__()
        self.grid, self.cls = grid, cls
        self.heads = MultiHead(WIDTH, heads)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, WIDTH, row, column) -> (batch, WIDTH, grid row, grid column)."""
        states = F.adaptive_avg_pool2d(x, self.grid).flatten(2).mT
        looked = torch.cat([states.mean(1, keepdim=True), states], 1) if self.cls else states
        out = self.heads(looked * 8, looked * 8)[:, -states.shape[1] :]
        return (states + out).mT.unflatten(2, self.grid)


class GridNet(Net):
    def __init__(self, grids: Sequence[tuple[int, int]], heads: int = 1, cls: bool = False) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, WIDTH, 3, padding=1)
        self.layers = nn.Sequential(*(Look(grid, heads, cls) for grid in grids))
        self.head = nn.Linear(WIDTH, len(LABELS))

    def forward(self, image: Tensor) -> Tensor:
        logits: Tensor = self.head(self.layers(self.stem(image)).mean((2, 3)))
        return logits

    def patches(self, encoded: Encoded, positions: set[int]) -> Mapping[int, Patches]:  # noqa: ARG002
        known = [Patches(*look.grid, ("CLS",) * look.cls) for look in self.layers]
        return {len(patches): patches for patches in known if len(patches) in positions}


def grid_net(*grids: tuple[int, int], heads: int = 1, cls: bool = False, seed: int = 0) -> GridNet:
    """Ready to decide on a photo."""
    torch.manual_seed(seed)
    net = GridNet(grids, heads, cls).eval().requires_grad_(False)
    net.card = ModelCard("grids", MODELS, "Grids", "For tests.", "photo", "image", "Apache-2.0", LABELS, image={"size": 32})
    net.encode = partial(encode_image, size=32, mean=[0.5] * 3, std=[0.25] * 3)
    return net
