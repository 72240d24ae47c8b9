"""EfficientNet-Lite (Tan and Le, 2019, arXiv:1905.11946; "Lite", Liu, 2020: ReLU6 and no squeeze-excitation), for 1,000 things.

The batch norms of the published weights are folded into the convolutions in front of them (`attnviz.train.published`): they only
ever stand still here, and one photo takes a third less time.
"""

from typing import NamedTuple

from torch import Tensor, nn
from torch.nn import functional as F

from attnviz.nets.base import Net


class Stage(NamedTuple):
    """Some blocks: how much wider they are inside, channels they give, how many, stride of the first, side of the kernel."""

    expansion: int
    channels: int
    repeats: int
    stride: int
    kernel: int


STEM = 32
STAGES = (
    Stage(1, 16, 1, 1, 3), Stage(6, 24, 2, 2, 3), Stage(6, 40, 2, 2, 5), Stage(6, 80, 3, 2, 3), Stage(6, 112, 3, 1, 5),
    Stage(6, 192, 4, 2, 5), Stage(6, 320, 1, 1, 3),
)  # fmt: skip
HEAD = 1280
DILATED = 5  # the stage from which on a dilated network keeps its grid


class Trunk(nn.Module):
    """The stem of Lite0 and its first stages, `depth` of them.

    `dilated` gives up the last halving: 14 x 14 places of a photo of 224 pixels, where the network else ends with 7 x 7. Every
    second place of every second row, from the second on, then holds what the other network has there.
    """

    def __init__(self, depth: int, dilated: bool = False) -> None:
        super().__init__()
        self.stem = Convolution(3, STEM, 3, stride=2)
        inputs = [STEM, *(stage.channels for stage in STAGES)]
        self.stages = nn.ModuleList(
            _stage(channels, stage, keep=dilated and i >= DILATED, dilated=dilated and i > DILATED)
            for i, (channels, stage) in enumerate(zip(inputs, STAGES[:depth], strict=False))
        )

    def lower(self, image: Tensor) -> Tensor:
        """The stem and the first five stages: (batch, 3, row, column) -> (batch, 112, row / 16, column / 16)."""
        x: Tensor = self.stem(image)
        for stage in self.stages[:DILATED]:
            x = stage(x)
        return x


class Backbone(Trunk):
    """The convolutions of Lite0 without its decision: stem, seven stages, and the widening that the mean is taken of."""

    def __init__(self, dilated: bool = False) -> None:
        super().__init__(len(STAGES), dilated)
        self.widen = Convolution(STAGES[-1].channels, HEAD, 1)

    def forward(self, image: Tensor) -> Tensor:
        """(batch, 3, row, column), normalised -> (batch, 1280, row / 32 or row / 16, column likewise), from 0 to 6."""
        wide: Tensor = self.widen(self.tail(self.lower(image)))
        return wide

    def tail(self, x: Tensor) -> Tensor:
        """The last two stages: (batch, 112, row, column) -> (batch, 320, row, column), or half as many a side."""
        for stage in self.stages[DILATED:]:
            x = stage(x)
        return x


class EfficientNetLite(Net):
    """Lite0 as published: the mean over all places decides."""

    features = "backbone"

    def __init__(self, labels: int, dilated: bool = False) -> None:
        super().__init__()
        self.backbone = Backbone(dilated)
        self.head = nn.Linear(HEAD, labels)

    def forward(self, image: Tensor) -> Tensor:
        """(batch, 3, row, column), normalised -> logits (batch, label)."""
        logits: Tensor = self.head(self.backbone(image).mean((2, 3)))
        return logits


def _stage(inputs: int, stage: Stage, keep: bool, dilated: bool) -> nn.Sequential:
    """`keep`: no halving. Behind a halving that was given up kernels are `dilated`, from the block after it on."""
    blocks = []
    for i in range(stage.repeats):
        stride = stage.stride if i == 0 and not keep else 1
        dilation = 2 if dilated or (keep and i > 0) else 1
        blocks.append(Block(inputs if i == 0 else stage.channels, stage, stride, dilation))
    return nn.Sequential(*blocks)


class Block(nn.Module):
    """An inverted residual (Sandler et al., 2018, arXiv:1801.04381): wider, over places channel by channel, narrow again."""

    def __init__(self, inputs: int, stage: Stage, stride: int, dilation: int) -> None:
        super().__init__()
        inner = inputs * stage.expansion
        self.expand = Convolution(inputs, inner, 1) if stage.expansion > 1 else nn.Identity()
        self.places = Convolution(inner, inner, stage.kernel, stride, dilation, groups=inner)
        self.project = nn.Conv2d(inner, stage.channels, 1)
        self.skips = stride == 1 and inputs == stage.channels

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channel, row, column) -> (batch, channel, row / stride, column / stride)."""
        y: Tensor = self.project(self.places(self.expand(x)))
        return x + y if self.skips else y


class Convolution(nn.Module):
    """A convolution and ReLU6, its input filled up with zeros as TensorFlow does it: where both ends cannot get as many, the
    last row and column get one more."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, dilation: int = 1, groups: int = 1) -> None:
        super().__init__()
        even = dilation * (kernel - 1) // 2 if stride == 1 else 0
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, even, dilation, groups)
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channel, row, column) -> (batch, channel, row / stride, column / stride), from 0 to 6."""
        if self.stride > 1:
            x = F.pad(x, (*self._ends(x.shape[3]), *self._ends(x.shape[2])))
        return F.relu6(self.conv(x))

    def _ends(self, length: int) -> tuple[int, int]:
        """How many zeros go before and behind a row or column."""
        whole = max((-(-length // self.stride) - 1) * self.stride + self.kernel - length, 0)
        return whole // 2, whole - whole // 2
