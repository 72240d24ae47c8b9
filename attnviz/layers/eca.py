"""Efficient channel attention (Wang et al., 2020, arXiv:1910.03151): a channel's gate from itself and its neighbours."""

import math

from torch import Tensor, nn

from attnviz.probe import Probe


def kernel_size(channels: int, gamma: float = 2.0, b: float = 1.0) -> int:
    """How many neighbours a gate looks at: (log2(channels) + b) / gamma, brought to an odd number (equation 12)."""
    size = int(abs((math.log2(channels) + b) / gamma))
    return size if size % 2 else size + 1


class ECA(nn.Module):
    """sigmoid(one-dimensional convolution over the channels' averages); `kernel` weights and nothing else.

    The kernel's size follows from the number of channels unless it is given.
    """

    def __init__(self, channels: int, kernel: int | None = None) -> None:
        super().__init__()
        size = kernel or kernel_size(channels)
        self.conv = nn.Conv1d(1, 1, size, padding=size // 2, bias=False)
        self.probe = Probe("channel", "eca", "sigmoid", ("channel",))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channel, row, column) -> the same, each channel times its gate in [0, 1]."""
        gate = self.probe(self.conv(x.mean((2, 3))[:, None]).sigmoid()[:, 0], of=x)
        return x * gate[:, :, None, None]
