"""Attention of recurrent decoders as everybody writes it: states (batch, source, channel), a hidden state (batch, channel)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.truth.draw import Draw
from benchmarks.truth.told import Telling

Score = Callable[[Tensor, Tensor], Tensor]


class Dot(nn.Module):
    """Luong (arXiv:1508.04025): dot, or general, with a matrix between."""

    def __init__(self, c: int, general: bool = False, by: str = "bmm") -> None:
        super().__init__()
        self.by, self.w = by, nn.Linear(c, c, bias=False) if general else nn.Identity()

    def forward(self, hidden: Tensor, encoded: Tensor) -> Tensor:
        keys = self.w(encoded)
        if self.by == "sum":
            return (hidden.unsqueeze(1) * keys).sum(2)
        if self.by == "einsum":
            return torch.einsum("bc,bnc->bn", hidden, keys)
        return torch.bmm(keys, hidden.unsqueeze(2)).squeeze(2)


class Additive(nn.Module):
    """Bahdanau (arXiv:1409.0473), a sum of two projections; or Luong's concat, one projection of both."""

    def __init__(self, c: int, concat: bool = False) -> None:
        super().__init__()
        self.concat = nn.Linear(2 * c, c) if concat else None
        self.w, self.u, self.v = nn.Linear(c, c, bias=False), nn.Linear(c, c, bias=False), nn.Linear(c, 1, bias=False)

    def forward(self, hidden: Tensor, encoded: Tensor) -> Tensor:
        if self.concat is None:
            energy = torch.tanh(self.w(hidden).unsqueeze(1) + self.u(encoded))
        else:
            both = torch.cat([hidden.unsqueeze(1).expand(-1, encoded.shape[1], -1), encoded], 2)
            energy = torch.tanh(self.concat(both))
        return self.v(energy).squeeze(2)


SCORES: dict[str, Callable[[int], nn.Module]] = {
    "dot": Dot,
    "dot by einsum": lambda c: Dot(c, by="einsum"),
    "dot by sum": lambda c: Dot(c, by="sum"),
    "general": lambda c: Dot(c, general=True),
    "additive": Additive,
    "concat": lambda c: Additive(c, concat=True),
}


def _bmm(weights: Tensor, encoded: Tensor) -> Tensor:
    return torch.bmm(weights.unsqueeze(1), encoded).squeeze(1)


CONTEXTS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "bmm": _bmm,
    "matmul": lambda w, e: torch.matmul(w[:, None, :], e)[:, 0],
    "values first": lambda w, e: torch.bmm(e.transpose(1, 2), w.unsqueeze(2)).squeeze(2),
    "weighted sum": lambda w, e: (w.unsqueeze(2) * e).sum(1),
    "sum of unsqueeze(-1)": lambda w, e: torch.sum(e * w.unsqueeze(-1), dim=1),
    "einsum": lambda w, e: torch.einsum("bn,bnc->bc", w, e),
}
SOFTMAXES: dict[str, Callable[[Tensor], Tensor]] = {
    "dim 1": lambda s: F.softmax(s, dim=1),
    "dim -1": lambda s: s.softmax(-1),
    "unsqueeze before": lambda s: s.unsqueeze(1).softmax(2).squeeze(1),
    "the last of three": lambda s: torch.softmax(s.unsqueeze(2), dim=1).squeeze(2),
    "exp and sum": lambda s: s.exp() / s.exp().sum(1, keepdim=True),
}


class Step(Telling):
    """One query of one hidden state; `there`: which source positions are there."""

    def __init__(self, draw: Draw, c: int) -> None:
        super().__init__()
        self.score = draw.part("scores", SCORES)(c)
        self.softmax, self.context = draw.part("softmax", SOFTMAXES, (6, 4, 2, 2, 1)), draw.part("context", CONTEXTS)

    def forward(self, hidden: Tensor, encoded: Tensor, there: Tensor | None) -> Tensor:
        scores = self.score(hidden, encoded)
        if there is not None:
            scores = scores.masked_fill(~there, -torch.inf)
        weights = self.softmax(scores)
        self.tell(weights[:, None], "query key", "soft", keys=tuple(range(weights.shape[1])))
        return self.context(weights, encoded)


class Decoder(nn.Module):
    """A few words by a recurrent cell that looks at the source each time."""

    def __init__(self, draw: Draw, c: int) -> None:
        super().__init__()
        self.words, self.first, self.sharp = draw.size(1, 1, 2, 3), draw.chance(0.5), 2.0
        self.encoder = nn.GRU(c, c, batch_first=True) if draw.chance(0.5) else nn.Linear(c, c)
        self.cell, self.attention = nn.GRUCell(c, c), Step(draw, c)
        draw.note("words", self.words)

    def forward(self, source: Tensor, hidden: Tensor, there: Tensor | None = None) -> Tensor:
        found = self.encoder(source)
        encoded = self.sharp * (found[0] if isinstance(found, tuple) else found)
        for _ in range(self.words):
            context = self.attention(hidden * self.sharp, encoded, there)
            hidden = self.cell(context, hidden)
        return hidden


class Queries(Telling):
    """Additive attention of all queries at once: (batch, query, key, channel) is broadcast (Dive into Deep Learning, 11.3)."""

    def __init__(self, draw: Draw, c: int) -> None:
        super().__init__()
        self.w, self.u, self.v = nn.Linear(c, c, bias=False), nn.Linear(c, c, bias=False), nn.Linear(c, 1, bias=False)
        self.turned = draw.chance(0.3)
        draw.note("keys", "first" if self.turned else "last")

    def forward(self, queries: Tensor, keys: Tensor, there: Tensor | None = None) -> Tensor:
        if self.turned:
            energy = torch.tanh(self.u(keys).unsqueeze(2) + self.w(queries).unsqueeze(1))
            scores = self.v(3 * energy).squeeze(-1).transpose(1, 2)
        else:
            scores = self.v(3 * torch.tanh(self.w(queries).unsqueeze(2) + self.u(keys).unsqueeze(1))).squeeze(-1)
        if there is not None:
            scores = scores.masked_fill(~there[:, None], -1e9 if scores.dtype == torch.float32 else -1e4)
        weights = F.softmax(scores, -1)
        self.tell(weights, "query key", "soft")
        return torch.bmm(weights, keys)
