"""Latent attention: a small learned array asks, and the input answers (Perceiver; Jaegle et al., 2021, arXiv:2103.03206)."""

import torch
from torch import Tensor, nn

from attnviz.layers.multi_head import MultiHead


class Latent(nn.Module):
    """`count` learned queries look at an input of any length, so that what follows costs the same for all lengths.

    `features` are those of the input, `width` is that of the latents, which `heads` divide.
    """

    def __init__(self, count: int, features: int, width: int, heads: int = 1) -> None:
        super().__init__()
        self.latents = nn.Parameter(torch.randn(count, width) * 0.02)
        self.attention = MultiHead(width, heads, memory=features)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """(batch, position, feature), `mask` (batch, position) True at real positions -> (batch, latent, width)."""
        return self.attention(self.latents.expand(len(x), -1, -1), x, mask)
