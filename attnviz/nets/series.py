"""A recurrent encoder-decoder (Cho et al., 2014, arXiv:1406.1078) with attention over its states, which goes on with a series."""

import torch
from torch import Tensor, nn

from attnviz.layers.multi_head import MultiHead
from attnviz.layers.positions import sinusoids
from attnviz.nets.base import Net


class SeriesForecaster(Net):
    """A GRU reads the past, its states look at each other, another GRU goes on, and each of its states looks at the past.

    `self_attention`: each past state looks at itself and those before it. `look`: each step ahead looks at all of the past.
    With attention=False neither is there, and everything else is as it was.
    """

    positions: Tensor

    def __init__(
        self, width: int, heads: int, ahead: int, longest: int, attention: bool = True, dropout: float = 0.1
    ) -> None:  # fmt: skip
        super().__init__()
        self.ahead, self.longest = ahead, longest
        self.encoder = nn.GRU(1, width, batch_first=True)
        self.decoder = nn.GRU(width, width, batch_first=True)
        self.steps = nn.Parameter(torch.randn(ahead, width) * 0.1)
        self.self_attention = MultiHead(width, heads, role="past") if attention else None
        self.look = MultiHead(width, heads, role="ahead") if attention else None
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3)) if attention else None
        self.readout = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.GELU(), nn.Linear(width, 1))
        self.dropout = nn.Dropout(dropout)
        # Places count from the present, so that the same lag looks the same in a past of any length.
        self.register_buffer("positions", sinusoids(longest + ahead, width), persistent=False)

    def forward(self, past: Tensor) -> Tensor:
        """(batch, past) of a window with mean 0 and deviation 1, the newest last -> (batch, ahead) on the same scale."""
        states, last = self.encoder(past[:, :, None])
        ahead, _ = self.decoder(self.steps.expand(len(past), -1, -1), last)
        if self.self_attention is not None and self.look is not None and self.norms is not None:
            placed = self.norms[0](states) + self.positions[self.longest - past.shape[1] : self.longest]
            memory = states + self.dropout(self.self_attention(placed, placed, causal=True))
            memory = self.norms[1](memory) + self.positions[self.longest - past.shape[1] : self.longest]
            asking = self.norms[2](ahead) + self.positions[self.longest :]
            ahead = ahead + self.dropout(self.look(asking, memory))
        return self.readout(ahead).squeeze(-1)
