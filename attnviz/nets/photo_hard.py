"""EfficientNet-Lite0 with hard attention: a glance at the small photo picks patches, and the rest reads the pixels of those alone.

After Mnih et al., 2014, "Recurrent models of visual attention" (arXiv:1406.6247), with all glimpses taken at once, as in `glimpse`.
The glance is the first half of Lite0 on the photo at half its size. The reader, all of it, gets the photo with every other pixel
blanked; so a pixel that was not picked cannot change the decision, other than by what the glance picks.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnviz.layers.bam import scorer
from attnviz.layers.hard_patches import PatchPicks
from attnviz.nets.drawing import DrawingNet
from attnviz.nets.efficientnet_lite import HEAD, STAGES, Backbone, Trunk

PATCH = 16
SMALLER = 2
FINE, DEEP = 3, 5  # stages that the glance looks at: the first has as many places of the small photo as there are patches


class PhotoHard(DrawingNet):
    """(batch, 3, row, column), normalised -> logits, by way of `count` picked patches of 16 x 16 pixels.

    `width` is that of the network behind the odds.
    """

    features = "backbone.widen"
    picker: PatchPicks

    def __init__(self, labels: int, count: int = 39, width: int = 64) -> None:
        super().__init__()
        self.eye = Trunk(DEEP)
        self.backbone = Backbone()
        self.glance = scorer(STAGES[FINE - 1].channels + STAGES[DEEP - 1].channels, width)
        self.picker = PatchPicks(count)
        self.head = nn.Linear(HEAD, labels)

    def scores(self, image: Tensor) -> tuple[Tensor]:
        """Scores of all patches, (batch, row, column)."""
        return (self.glance(glanced(self.eye, image))[:, 0],)

    def read(self, image: Tensor, picks: Tensor) -> Tensor:
        """Logits from the picked patches alone, (batch, row, column) of booleans -> (batch, label)."""
        logits: Tensor = self.head(self.evidence(image, picks))
        return logits

    def evidence(self, image: Tensor, picks: Tensor) -> Tensor:
        """What the picked patches say, (batch, 1280), the mean over where patches were picked."""
        wide = self.backbone(seen(image, picks))
        shares = F.adaptive_avg_pool2d(picks[:, None].to(wide.dtype), wide.shape[2:])
        return (wide * shares).sum((2, 3)) / shares.sum((2, 3))


def glanced(eye: Trunk, image: Tensor) -> Tensor:
    """(batch, 3, row, column) -> features of two depths of the photo at half its size, (batch, 152, row / 16, column / 16)."""
    x = eye.stem(F.avg_pool2d(image, SMALLER))
    for stage in eye.stages[:FINE]:
        x = stage(x)
    fine = x
    for stage in eye.stages[FINE:DEEP]:
        x = stage(x)
    return torch.cat([fine, F.interpolate(x, size=fine.shape[2:], mode="bilinear")], dim=1)


def seen(image: Tensor, picks: Tensor) -> Tensor:
    """(batch, 3, row, column) with the pixels of the picked patches, and grey, 0, everywhere else."""
    pixels = picks.repeat_interleave(PATCH, 1).repeat_interleave(PATCH, 2)
    return image.masked_fill(~pixels[:, None], 0.0)
