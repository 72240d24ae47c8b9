"""A recurrent encoder-decoder (Cho et al., 2014, arXiv:1406.1078) whose attention over the past is its forecast."""

import torch
from torch import Tensor, nn

from attnviz.layers.multi_head import MultiHead
from attnviz.layers.positions import sinusoids
from attnviz.layers.relative import Relative
from attnviz.nets.base import Net
from attnviz.nets.series_past import AHEAD_FEATURES, READINGS, RELATIONS, STEP_FEATURES, described

QUANTILES = (0.1, 0.5, 0.9)
MOST = 3.0  # simple errors that the correction may be


class SeriesForecaster(Net):
    """A GRU reads the past, its states look at each other, another GRU goes on, and each of its states looks at the past.

    `self_attention`: each past state looks at itself and those before it. `look`: what each step ahead takes of each past value, in
    each of READINGS; the sum is its forecast, but for a correction of a few simple errors at most. With attention=False neither is
    there, the forecast is the level of the last season and the correction, and everything else is as it was.
    """

    positions: Tensor

    def __init__(
        self, width: int, heads: int, ahead: int, longest: int, attention: bool = True, dropout: float = 0.0
    ) -> None:  # fmt: skip
        super().__init__()
        self.ahead, self.longest = ahead, longest
        self.encoder = nn.GRU(STEP_FEATURES, width, batch_first=True)
        self.decoder = nn.GRU(width, width, batch_first=True)
        self.told = nn.Linear(AHEAD_FEATURES, width)
        self.steps = nn.Parameter(torch.randn(ahead, width) * 0.1)
        self.self_attention = MultiHead(width, heads, role="past") if attention else None
        self.look = Relative(width, len(READINGS), RELATIONS, role="ahead") if attention else None
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3)) if attention else None
        said = nn.Linear(width, 3)
        nn.init.zeros_(said.weight)
        self.readout = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.GELU(), said)
        self.dropout = nn.Dropout(dropout)
        # Places count from the present, so that the same lag looks the same in a past of any length.
        self.register_buffer("positions", sinusoids(longest + ahead, width), persistent=False)

    def forward(self, past: Tensor, seasons: Tensor, zero: Tensor) -> Tensor:
        """(batch, past) of windows with mean 0 and deviation 1, the newest last -> (batch, ahead, quantile) on the same scale.

        `seasons`: (batch, 2) lags, 0 where there is none; `zero`: (batch,) where 0 is on that scale. Quantiles are QUANTILES.
        """
        told = described(past, seasons, zero, self.ahead)
        states, last = self.encoder(told.steps)
        ahead, _ = self.decoder(self.steps + self.told(told.coming), last)
        middle: Tensor = told.level
        if self.self_attention is not None and self.look is not None and self.norms is not None:
            placed = self.norms[0](states) + self.positions[self.longest - past.shape[1] : self.longest]
            memory = self.norms[1](states + self.dropout(self.self_attention(placed, placed, causal=True)))
            asking = self.norms[2](ahead) + self.positions[self.longest :]
            weights = self.look(asking, memory, told.relations)
            middle = torch.einsum("bhqk,bhk->bq", weights, told.readings) + (weights.sum(3) * told.shifts).sum(1)
            ahead = ahead + weights.sum(1) @ memory
        said = self.readout(ahead)
        middle = middle + MOST * torch.tanh(said[:, :, 0] / MOST) * told.error
        below, above = (nn.functional.softplus(said[:, :, i] + 1) * told.error for i in (1, 2))
        return torch.stack([middle - below, middle, middle + above], 2)
