"""A small residual network for small images, with CBAM in every residual block (He et al., 2016; Woo et al., 2018).

The stem, the order convolution, pooling, norm, and the scaled head follow the CIFAR-10 speed-run literature
(Jordan, 2024, arXiv:2404.00498).
"""

from torch import Tensor, nn
from torch.nn import functional as F

from attnviz.layers import CBAM
from attnviz.nets.base import Net


class CbamResNet(Net):
    """Stem, then one stage a width; each stage halves the image and ends in a residual block with CBAM."""

    def __init__(self, labels: int, widths: list[int], stem: int = 54, reduction: int = 8, head_scale: float = 0.125) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, stem, 3, padding=1)
        inputs = [stem, *widths[:-1]]
        self.stages = nn.Sequential(*[Stage(i, o, reduction) for i, o in zip(inputs, widths, strict=True)])
        self.head = nn.Linear(widths[-1], labels, bias=False)
        self.head_scale = head_scale

    def forward(self, image: Tensor) -> Tensor:
        """(batch, 3, row, column), normalised -> logits (batch, label)."""
        features = self.stages(F.gelu(self.stem(image)))
        logits: Tensor = self.head(features.amax((2, 3))) * self.head_scale
        return logits


class Stage(nn.Module):
    """(batch, inputs, row, column) -> (batch, outputs, row / 2, column / 2)."""

    def __init__(self, inputs: int, outputs: int, reduction: int) -> None:
        super().__init__()
        self.down = nn.Sequential(convolution(inputs, outputs), nn.MaxPool2d(2), nn.BatchNorm2d(outputs), nn.GELU())
        self.block = CbamBlock(outputs, reduction)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.block(self.down(x))
        return out


class CbamBlock(nn.Module):
    """x + CBAM(two convolutions of x), the same shape out as in."""

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            convolution(channels, channels), nn.BatchNorm2d(channels), nn.GELU(),
            convolution(channels, channels), nn.BatchNorm2d(channels),
        )  # fmt: skip
        self.cbam = CBAM(channels, reduction)

    def forward(self, x: Tensor) -> Tensor:
        return F.gelu(x + self.cbam(self.body(x)))


def convolution(inputs: int, outputs: int) -> nn.Conv2d:
    """3 x 3, no bias (a norm follows), identity on as many channels as there are."""
    conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    nn.init.dirac_(conv.weight.data[: min(inputs, outputs)])
    return conv
