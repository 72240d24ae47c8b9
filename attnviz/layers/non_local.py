"""Non-local block (Wang et al., 2018, arXiv:1711.07971): self-attention over the positions of a feature map."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class NonLocal(nn.Module):
    """x + W_z softmax(theta(x) . phi(x) / sqrt(feature)) g(x), equations 4 to 6 of the paper, embedded Gaussian.

    theta, phi and g narrow the channels by `reduction`. The scale is that of Vaswani et al. (2017), which the paper leaves out.
    A fresh block passes x on unchanged (W_z is 0). It runs in torch's fused kernel, from which the recorder takes query and key.
    """

    mechanism = "non-local"  # what the recorder calls it

    def __init__(self, channels: int, reduction: int = 2) -> None:
        super().__init__()
        features = channels // reduction
        self.theta, self.phi, self.g = (nn.Linear(channels, features) for _ in range(3))
        self.out = nn.Linear(features, channels)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channel, row, column) -> the same shape. Position row * columns + column is query and key of the maps."""
        places = x.flatten(2).transpose(1, 2)
        query, key, value = (part(places)[:, None] for part in (self.theta, self.phi, self.g))
        mixed: Tensor = self.out(F.scaled_dot_product_attention(query, key, value)[:, 0])
        return torch.add(x, mixed.transpose(1, 2).view_as(x))
