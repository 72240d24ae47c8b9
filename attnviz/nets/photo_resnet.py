"""A residual network for photos whose blocks end in CBAM (He et al., 2016; Woo et al., 2018).

The gates stand behind the sum and not inside the branch: no skip connection goes around them, so what a gate shuts is not seen
by anything that follows, and the last ones weigh what the mean over positions takes in.
"""

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional as F

from attnviz.layers import CBAM
from attnviz.nets.base import Net
from attnviz.nets.resnet import convolution

FAINT = 0.1  # how much of their usual start the filters of spatial gates get, beside the 1 in their middle


class PhotoResNet(Net):
    """Stem and stages, each of which halves the photo; a stage has a width, some blocks, and the kernel of its spatial gates."""

    def __init__(
        self, labels: int, widths: list[int], blocks: list[int], kernels: list[int], stem: int = 54, reduction: int = 8,
        head_scale: float = 0.25,
    ) -> None:  # fmt: skip
        super().__init__()
        self.stem = nn.Conv2d(3, stem, 3, stride=2, padding=1)
        shapes = zip(pairwise([stem, *widths]), blocks, kernels, strict=True)
        self.stages = nn.Sequential(*[stage(i, o, count, kernel, reduction) for (i, o), count, kernel in shapes])
        self.norm = nn.BatchNorm1d(widths[-1])
        self.head = nn.Linear(widths[-1], labels)
        self.head_scale = head_scale

    def forward(self, image: Tensor) -> Tensor:
        """(batch, 3, row, column), normalised -> logits (batch, label)."""
        features = self.stages(F.relu(self.stem(image)))
        logits: Tensor = self.head(self.norm(features.mean((2, 3)))) * self.head_scale
        return logits


def stage(inputs: int, outputs: int, blocks: int, kernel: int, reduction: int) -> nn.Sequential:
    """(batch, inputs, row, column) -> (batch, outputs, row / 2, column / 2)."""
    return nn.Sequential(Down(inputs, outputs), *[GatedBlock(outputs, kernel, reduction) for _ in range(blocks)])


class Down(nn.Module):
    """A convolution of every second row and column."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(inputs, outputs, 3, 2, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.body(x)
        return out


class GatedBlock(nn.Module):
    """CBAM(x + two convolutions of x), the same shape out as in."""

    def __init__(self, channels: int, kernel: int, reduction: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            convolution(channels, channels), nn.BatchNorm2d(channels), nn.ReLU(),
            convolution(channels, channels), nn.BatchNorm2d(channels),
        )  # fmt: skip
        self.cbam = CBAM(channels, reduction, kernel, normed=True)
        last = self.cbam.channel.mlp[-1]
        assert isinstance(last, nn.Linear)
        nn.init.ones_(last.bias)
        filters = self.cbam.spatial.conv.weight.data.mul_(FAINT)
        filters[..., kernel // 2, kernel // 2] += 1  # open where features are strong, and not the other way round

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.cbam(F.relu(x + self.body(x)))
        return out
