"""Convolutional block attention module (Woo et al., 2018, arXiv:1807.06521): first which channels, then where."""

import torch
from torch import Tensor, nn

from attnviz.probe import Probe


class ChannelGate(nn.Module):
    """sigmoid(MLP(average over positions) + MLP(maximum over positions)), equation 2 of the paper.

    The two-layer MLP is shared and narrows `channels` by `reduction`.
    """

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        self.mlp = nn.Sequential(
            nn.Linear(channels, channels // reduction),
            nn.ReLU(),
            nn.Linear(channels // reduction, channels),
        )
        self.probe = Probe("channel", "cbam-channel", "sigmoid", ("channel",))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channel, row, column) -> the same, each channel times its gate in [0, 1]."""
        scores = self.mlp(x.mean((2, 3))) + self.mlp(x.amax((2, 3)))
        gate = self.probe(scores.sigmoid(), of=x)
        return x * gate[:, :, None, None]


class SpatialGate(nn.Module):
    """sigmoid(convolution of [average over channels, maximum over channels]), equation 3 of the paper.

    With `normed` a batch norm follows the convolution, as in the authors' code, and the border is repeated where the kernel
    reaches beyond it: with zeros there, what is shut because it is strong would be open along the border.
    """

    def __init__(self, kernel: int = 7, normed: bool = False) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 1, kernel, padding=kernel // 2, padding_mode="replicate" if normed else "zeros")
        self.norm = nn.BatchNorm2d(1) if normed else nn.Identity()
        self.probe = Probe("spatial", "cbam-spatial", "sigmoid", ("row", "column"))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channel, row, column) -> the same, each position times its gate in [0, 1]."""
        summary = torch.stack([x.mean(1), x.amax(1)], dim=1)
        gate = self.probe(self.norm(self.conv(summary)).sigmoid()[:, 0], of=x)
        return x * gate[:, None]


class CBAM(nn.Module):
    """The channel gate, then the spatial gate."""

    def __init__(self, channels: int, reduction: int = 16, kernel: int = 7, normed: bool = False) -> None:
        super().__init__()
        self.channel = ChannelGate(channels, reduction)
        self.spatial = SpatialGate(kernel, normed)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channel, row, column) -> the same shape."""
        gated: Tensor = self.spatial(self.channel(x))
        return gated
