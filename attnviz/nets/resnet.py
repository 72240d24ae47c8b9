"""A small residual network for photos, with one kind of attention in every residual block (He et al., 2016).

The stem, the order convolution, pooling, norm, and the scaled head follow the CIFAR-10 speed-run literature
(Jordan, 2024, arXiv:2404.00498).
"""

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from attnviz.encode import Encoded, Patches
from attnviz.layers import CBAM, ECA, NonLocal, SqueezeExcitation
from attnviz.nets.base import Net

# What may stand at the end of a residual branch, by the name that it has on the tape; called with the number of channels.
ATTENTION: dict[str, Callable[..., nn.Module]] = {
    "cbam": CBAM,
    "eca": ECA,
    "non_local": NonLocal,
    "se": SqueezeExcitation,
}


class ResNet(Net):
    """Stem, then one stage a width; each stage halves the image and ends in a residual block with attention.

    `options` go to the attention, `reduction` for example. `stride` is that of the stem, `colours` the channels of the input.
    """

    features = "stages"

    def __init__(
        self, labels: int, widths: list[int], attention: str = "cbam", stem: int = 54, stride: int = 1, head_scale: float = 0.125,
        colours: int = 3, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        self.stem = nn.Conv2d(colours, stem, 3, stride, padding=1)
        inputs = [stem, *widths[:-1]]
        self.stages = nn.Sequential(*[Stage(i, o, attention, options) for i, o in zip(inputs, widths, strict=True)])
        self.head = nn.Linear(widths[-1], labels, bias=False)
        self.head_scale = head_scale
        self.stride = stride

    def forward(self, image: Tensor) -> Tensor:
        """(batch, colour, row, column), normalised -> logits (batch, label)."""
        features = self.stages(F.gelu(self.stem(image)))
        logits: Tensor = self.head(features.amax((2, 3))) * self.head_scale
        return logits

    def patches(self, encoded: Encoded, positions: set[int]) -> Mapping[int, Patches]:  # noqa: ARG002
        """The grid of each stage, whose positions non-local blocks attend over."""
        side = -(-self.card.image["size"] // self.stride)
        grids = [Patches(side >> stage, side >> stage) for stage in range(1, len(self.stages) + 1)]
        return {len(grid): grid for grid in grids if len(grid) in positions}


class Stage(nn.Module):
    """(batch, inputs, row, column) -> (batch, outputs, row / 2, column / 2)."""

    def __init__(self, inputs: int, outputs: int, attention: str, options: dict[str, Any]) -> None:
        super().__init__()
        self.down = halving(inputs, outputs)
        self.block = Block(outputs, attention, options)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.block(self.down(x))
        return out


class Block(nn.Module):
    """x + attention(two convolutions of x), the same shape out as in."""

    def __init__(self, channels: int, attention: str, options: dict[str, Any]) -> None:
        super().__init__()
        self.body = nn.Sequential(
            convolution(channels, channels), nn.BatchNorm2d(channels), nn.GELU(),
            convolution(channels, channels), nn.BatchNorm2d(channels),
        )  # fmt: skip
        self.attention = attention
        self.add_module(attention, ATTENTION[attention](channels, **options))

    def forward(self, x: Tensor) -> Tensor:
        attend = self.get_submodule(self.attention)
        return F.gelu(x + attend(self.body(x)))


def halving(inputs: int, outputs: int) -> nn.Sequential:
    """(batch, inputs, row, column) -> (batch, outputs, row / 2, column / 2)."""
    return nn.Sequential(convolution(inputs, outputs), nn.MaxPool2d(2), nn.BatchNorm2d(outputs), nn.GELU())


def convolution(inputs: int, outputs: int) -> nn.Conv2d:
    """3 x 3, no bias (a norm follows), identity on as many channels as there are."""
    conv = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    nn.init.dirac_(conv.weight.data[: min(inputs, outputs)])
    return conv
