"""The two branches of the bottleneck attention module (Park et al., 2018, arXiv:1807.06514), each as a gate of its own.

In the module their scores are added before one sigmoid, and the gated input is added to the input. Here each branch has its own
sigmoid, nothing goes around the gates, and the places may be gated in other features than those that are looked at.
"""

from torch import Tensor, nn

from attnviz.probe import Probe

DILATIONS = (2, 4)


class ChannelBranch(nn.Module):
    """sigmoid(MLP(average over positions)); the two-layer MLP narrows `channels` by `reduction`."""

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        self.mlp = nn.Sequential(
            nn.Linear(channels, channels // reduction), nn.ReLU(), nn.Linear(channels // reduction, channels)
        )  # fmt: skip
        self.probe = Probe("channel", "bam-channel", "sigmoid", ("channel",))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channel, row, column) -> the same, each channel times its gate in [0, 1]."""
        gate = self.probe(self.mlp(x.mean((2, 3))).sigmoid(), of=x)
        return x * gate[:, :, None, None]


class SpatialBranch(nn.Module):
    """sigmoid of a small network over all `channels`: to `width` at each place, twice 3 x 3 with a wide dilation, to one score.

    Where a kernel reaches beyond the border the border is repeated: zeros there would tell a place where it is.
    """

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.scores = scorer(channels, width)
        self.probe = Probe("spatial", "bam-spatial", "sigmoid", ("row", "column"))

    def forward(self, x: Tensor, of: Tensor | None = None) -> Tensor:
        """(batch, channel, row, column) -> the same, or `of` (batch, any, row, column), each position times its gate in [0, 1]."""
        gated = x if of is None else of
        gate = self.probe(self.scores(x).sigmoid()[:, 0], of=gated)
        return gated * gate[:, None]


def scorer(channels: int, width: int) -> nn.Sequential:
    """(batch, channel, row, column) -> scores (batch, 1, row, column)."""
    return nn.Sequential(
        nn.Conv2d(channels, width, 1), nn.BatchNorm2d(width), nn.ReLU(),
        *[part for dilation in DILATIONS for part in around(width, dilation)],
        nn.Conv2d(width, 1, 1),
    )  # fmt: skip


def around(width: int, dilation: int) -> list[nn.Module]:
    """A 3 x 3 convolution that looks `dilation` places around, its norm and ReLU."""
    conv = nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation, padding_mode="replicate", bias=False)
    return [conv, nn.BatchNorm2d(width), nn.ReLU()]
