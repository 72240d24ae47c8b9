"""A photo classifier with hard attention: a glance picks patches, and a reader decides from the pixels of those alone.

After Mnih et al., 2014, "Recurrent models of visual attention" (arXiv:1406.6247), with all glimpses taken at once. The reader gets
the photo with every other pixel blanked, and which patches it got. So a pixel that was not picked cannot change the decision,
other than by what the glance picks.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnviz.layers.hard_patches import PatchPicks
from attnviz.nets.drawing import DrawingNet
from attnviz.nets.resnet import ResNet


class GlimpseClassifier(DrawingNet):
    """(batch, 3, row, column), normalised -> logits, by way of `count` picked patches of `patch` x `patch` pixels.

    `glance` is the width of what scores the patches; `reader` goes to the ResNet.
    """

    picker: PatchPicks

    def __init__(self, labels: int, patch: int, count: int, glance: int, widths: list[int], reduction: int) -> None:
        super().__init__()
        self.patch = patch
        self.glance = Glance(patch, glance)
        self.picker = PatchPicks(count)
        self.reader = ResNet(labels, widths, attention="cbam", stem=56, colours=4, reduction=reduction)

    def scores(self, image: Tensor) -> tuple[Tensor]:
        """Scores of all patches, (batch, row, column)."""
        return (self.glance(image),)

    def read(self, image: Tensor, picks: Tensor) -> Tensor:
        """Logits from the picked patches alone, (batch, row, column) of booleans -> (batch, label)."""
        return self.reader(seen(image, self.whole(picks)))

    def whole(self, picks: Tensor) -> Tensor:
        """Picked patches -> picked pixels: (batch, row, column) -> the same, `patch` times as many a side."""
        return picks.repeat_interleave(self.patch, 1).repeat_interleave(self.patch, 2)


def seen(image: Tensor, pixels: Tensor) -> Tensor:
    """(batch, 3, row, column) blanked where `pixels` is not true, and where it is true as a fourth channel."""
    open_ = pixels[:, None]
    return torch.cat([image.masked_fill(~open_, 0.0), open_.to(image.dtype)], dim=1).contiguous(memory_format=torch.channels_last)


class Glance(nn.Module):
    """A quick look at the whole photo: convolutions down to one position a patch, then two blocks that look further around."""

    def __init__(self, patch: int, width: int) -> None:
        super().__init__()
        side = patch // 2
        self.down = nn.Sequential(
            nn.Conv2d(3, width, 4, 2, 1, bias=False), nn.BatchNorm2d(width), nn.GELU(),
            nn.Conv2d(width, width, side, side, bias=False), nn.BatchNorm2d(width), nn.GELU(),
        )  # fmt: skip
        self.around = nn.ModuleList([_residual(width, dilation) for dilation in (1, 2)])
        self.score = nn.Conv2d(width, 1, 1)

    def forward(self, image: Tensor) -> Tensor:
        """(batch, 3, row, column) -> scores, `patch` times fewer a side."""
        scores: Tensor = self.score(self.features(image))[:, 0]
        return scores

    def features(self, image: Tensor) -> Tensor:
        """(batch, 3, row, column) -> (batch, width, row / patch, column / patch)."""
        x: Tensor = self.down(image)
        for block in self.around:
            x = F.gelu(x + block(x))
        return x


def _residual(width: int, dilation: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation, bias=False), nn.BatchNorm2d(width), nn.GELU(),
        nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation, bias=False), nn.BatchNorm2d(width),
    )  # fmt: skip
