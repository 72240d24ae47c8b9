"""Sigmoids in gated units and recurrent cells, which are no gates of attention. Rows are (R, position, channel)."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class GatedUnit(nn.Module):
    """Half of the features through a sigmoid, or SiLU, onto the other half (arXiv:1612.08083, 2002.05202); highways."""

    def __init__(self, c: int, way: str = "glu") -> None:
        super().__init__()
        self.way, self.up, self.down = way, nn.Linear(c, 2 * c), nn.Linear(c, c)

    def forward(self, x: Tensor) -> Tensor:
        a, b = self.up(x).chunk(2, -1)
        if self.way == "highway":
            t = torch.sigmoid(a)
            return t * b + (1 - t) * x
        return self.down(F.glu(self.up(x), -1) if self.way == "F.glu" else a.sigmoid() * b if self.way == "glu" else F.silu(a) * b)


class Recurrent(nn.Module):
    """An LSTM written out, along the positions."""

    def __init__(self, c: int) -> None:
        super().__init__()
        self.gates = nn.Linear(2 * c, 4 * c)

    def forward(self, x: Tensor) -> Tensor:
        h = cell = torch.zeros_like(x[:, 0])
        out = []
        for t in range(x.shape[1]):
            i, f, g, o = self.gates(torch.cat([x[:, t], h], -1)).chunk(4, -1)
            cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(cell)
            out.append(h)
        return torch.stack(out, 1)


class GatedHeads(nn.Module):
    """A sigmoid a head, or one number for all: a parameter, no attention."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = nn.Parameter(torch.randn(1, 2, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        y = x.unflatten(-1, (2, -1)).transpose(1, 2)
        return (y * torch.sigmoid(self.gate)).transpose(1, 2).flatten(2)
