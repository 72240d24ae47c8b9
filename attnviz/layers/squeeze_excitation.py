"""Squeeze-and-excitation (Hu et al., 2018, arXiv:1709.01507): each channel is scaled by what the whole image says."""

from torch import Tensor, nn

from attnviz.probe import Probe


class SqueezeExcitation(nn.Module):
    """sigmoid(W2 relu(W1 z)), equation 3 of the paper, with z the average of each channel over positions.

    The two layers narrow `channels` by `reduction` and widen them again.
    """

    def __init__(self, channels: int, reduction: int = 16) -> None:
        super().__init__()
        self.mlp = nn.Sequential(
            nn.Linear(channels, channels // reduction),
            nn.ReLU(),
            nn.Linear(channels // reduction, channels),
        )
        self.probe = Probe("channel", "squeeze-excitation", "sigmoid", ("channel",))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channel, row, column) -> the same, each channel times its gate in [0, 1]."""
        gate = self.probe(self.mlp(x.mean((2, 3))).sigmoid(), of=x)
        return x * gate[:, :, None, None]
