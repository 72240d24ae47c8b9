"""Attention of recurrent networks, of memories, of pairs of texts and of graphs."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.truth.known.base import C, Known, N, given, rows
from benchmarks.truth.told import Telling

STEPS = 3


def vector() -> Tensor:
    """A hidden state, (batch, channel)."""
    return 2 * torch.randn(2, C)


class Practical(Telling):
    """Bahdanau as in PyTorch's own tutorial: keys (batch, source, channel), a query (batch, 1, channel)."""

    def __init__(self) -> None:
        super().__init__()
        self.wa, self.ua, self.va = nn.Linear(C, C), nn.Linear(C, C), nn.Linear(C, 1)

    def forward(self, hidden: Tensor, keys: Tensor) -> Tensor:
        query = hidden.unsqueeze(1)
        scores = self.va(torch.tanh(self.wa(query) + self.ua(keys))).squeeze(2).unsqueeze(1)
        weights = F.softmax(scores, dim=-1)
        self.tell(weights, "query key", "soft")
        return torch.bmm(weights, keys)


class SourceFirst(Telling):
    """Source positions stand first, (source, batch, channel); energies are turned before the softmax (Keon's seq2seq)."""

    def __init__(self) -> None:
        super().__init__()
        self.attn, self.v = nn.Linear(2 * C, C), nn.Parameter(torch.randn(C))

    def forward(self, hidden: Tensor, encoded: Tensor) -> Tensor:
        n = len(encoded)
        h, e = hidden.repeat(n, 1, 1).transpose(0, 1), encoded.transpose(0, 1)
        energy = F.relu(self.attn(torch.cat([h, e], 2))).transpose(1, 2)
        scores = torch.bmm(self.v.repeat(len(e), 1).unsqueeze(1), energy).squeeze(1)
        weights = F.softmax(scores, dim=1).unsqueeze(1)
        self.tell(weights, "query key", "soft")
        return weights.bmm(encoded.transpose(0, 1))


class LuongCell(Telling):
    """Dot scores by a product and a sum over (source, batch, channel), turned before the softmax (Inkawhich's chatbot)."""

    def __init__(self, cell: bool) -> None:
        super().__init__()
        self.cell = nn.GRU(C, C) if cell else None
        self.sharp = 1.0

    def forward(self, hidden: Tensor, encoded: Tensor) -> Tensor:
        out = self.cell(hidden.unsqueeze(0))[0] if self.cell is not None else hidden.unsqueeze(0)
        energies = torch.sum(out * encoded, dim=2).t()
        weights = F.softmax(energies, dim=1).unsqueeze(1)
        self.tell(weights, "query key", "soft")
        return weights.bmm(encoded.transpose(0, 1)).squeeze(1)


class Captions(Telling):
    """Where a caption looks: (batch, place, channel), additive with relu, a weighted sum, and a gate on it (arXiv:1502.03044)."""

    def __init__(self) -> None:
        super().__init__()
        self.enc, self.dec, self.full = nn.Linear(C, 5), nn.Linear(C, 5), nn.Linear(5, 1)
        self.beta, self.cell = nn.Linear(C, C), nn.LSTMCell(C, C)

    def forward(self, places: Tensor, hidden: Tensor) -> Tensor:
        h, c = hidden, torch.zeros_like(hidden)
        for _ in range(STEPS):
            att = self.full(F.relu(self.enc(places) + self.dec(h).unsqueeze(1))).squeeze(2) * 3
            alpha = att.softmax(1)
            self.tell(alpha[:, None], "query key", "soft", keys=tuple(range(places.shape[1])))
            context = (places * alpha.unsqueeze(2)).sum(dim=1)
            h, c = self.cell(torch.sigmoid(self.beta(h)) * context, (h, c))
        return h


class Located(Telling):
    """Weights of the steps before are convolved into the energies (Tacotron 2, arXiv:1506.07503)."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.m, self.v = nn.Linear(C, 5, bias=False), nn.Linear(C, 5, bias=False), nn.Linear(5, 1, bias=False)
        self.conv, self.loc, self.cell = nn.Conv1d(2, 3, 3, padding=1, bias=False), nn.Linear(3, 5, bias=False), nn.GRUCell(C, C)

    def forward(self, memory: Tensor, hidden: Tensor) -> Tensor:
        weights = total = memory.new_zeros(memory.shape[:2])
        keys = self.m(memory)
        for _ in range(STEPS):
            where = self.loc(self.conv(torch.stack([weights, total], 1)).transpose(1, 2))
            energies = self.v(torch.tanh(self.q(hidden.unsqueeze(1)) + where + keys)).squeeze(-1)
            weights = F.softmax(energies * 3, dim=1)
            self.tell(weights[:, None], "query key", "soft", keys=tuple(range(memory.shape[1])))
            total = total + weights
            hidden = self.cell(torch.bmm(weights.unsqueeze(1), memory).squeeze(1), hidden)
        return hidden


class Pointer(Telling):
    """The weights themselves are the answer (arXiv:1506.03134)."""

    def __init__(self) -> None:
        super().__init__()
        self.w1, self.w2, self.v = nn.Linear(C, C), nn.Linear(C, C), nn.Linear(C, 1)

    def forward(self, hidden: Tensor, encoded: Tensor) -> Tensor:
        weights = self.v(torch.tanh(self.w1(encoded) + self.w2(hidden).unsqueeze(1))).squeeze(-1).softmax(-1)
        self.tell(weights[:, None], "query key", "soft", needed=False)
        return weights.log()


class Copies(Telling):
    """A vocabulary and the source share each word, by a gate a step (pointer-generator, arXiv:1704.04368)."""

    def __init__(self) -> None:
        super().__init__()
        self.w, self.words, self.gate = nn.Linear(C, C), nn.Linear(2 * C, 11), nn.Linear(2 * C, 1)

    def forward(self, hidden: Tensor, encoded: Tensor, ids: Tensor) -> Tensor:
        weights = torch.bmm(self.w(encoded), hidden.unsqueeze(2)).squeeze(2).softmax(1)
        self.tell(weights[:, None], "query key", "soft")
        both = torch.cat([torch.bmm(weights.unsqueeze(1), encoded).squeeze(1), hidden], 1)
        share = torch.sigmoid(self.gate(both))
        return (share * self.words(both).softmax(1)).scatter_add(1, ids, (1 - share) * weights)


class BothWays(Telling):
    """Two texts align with each other: one matrix of scores, a softmax over each of its axes (arXiv:1606.01933)."""

    def __init__(self) -> None:
        super().__init__()
        self.f = nn.Linear(C, C)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        scores = torch.bmm(self.f(a), self.f(b).transpose(1, 2))
        over_b, over_a = F.softmax(scores, dim=2), F.softmax(scores, dim=1)
        self.tell(over_b, "query key", "soft")
        self.tell(over_a.mT, "query key", "soft")
        beta, alpha = torch.bmm(over_b, b), torch.bmm(over_a.transpose(1, 2), a)
        return torch.cat([beta.mean(1), alpha.mean(1)], 1)


class Hierarchy(Telling):
    """Words by a learned context (HAN): some call it attention, so it may be listed, but right."""

    def __init__(self) -> None:
        super().__init__()
        self.w, self.u = nn.Linear(C, C), nn.Parameter(torch.randn(C))

    def forward(self, x: Tensor) -> Tensor:
        weights = F.softmax(torch.tanh(self.w(x)).matmul(self.u) * 2, dim=1)
        self.tell(weights[:, None], "query key", None, needed=False)
        return torch.bmm(weights.unsqueeze(1), x).squeeze(1)


class Memory(Telling):
    """Hops over a memory: keys and values are embedded apart (arXiv:1503.08895)."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.c, self.h = nn.Linear(C, C), nn.Linear(C, C), nn.Linear(C, C)

    def forward(self, question: Tensor, facts: Tensor) -> Tensor:
        u, m, c = question, self.a(facts), self.c(facts)
        for _ in range(2):
            p = torch.softmax((m * u.unsqueeze(1)).sum(2), dim=1)
            self.tell(p[:, None], "query key", "soft", keys=tuple(range(facts.shape[1])))
            u = self.h(u) + (c * p.unsqueeze(2)).sum(1)
        return u


class DenseGraph(Telling):
    """Neighbours by additive scores of two halves (GAT, arXiv:1710.10903), over a dense matrix of edges."""

    def __init__(self) -> None:
        super().__init__()
        self.w, self.a1, self.a2 = nn.Linear(C, C, bias=False), nn.Linear(C, 1), nn.Linear(C, 1)

    def forward(self, x: Tensor, edges: Tensor) -> Tensor:
        h = self.w(x)
        scores = F.leaky_relu(self.a1(h) + self.a2(h).transpose(1, 2), 0.2) * 3
        weights = F.softmax(scores.masked_fill(edges == 0, -9e15), dim=-1)
        self.tell(weights, "query key", "self")
        return F.elu(torch.matmul(weights, h))


class SparseGraph(nn.Module):
    """A softmax over the edges of each node, by scattering: no axes of query and key."""

    def __init__(self) -> None:
        super().__init__()
        self.w, self.a = nn.Linear(C, C), nn.Linear(2 * C, 1)

    def forward(self, x: Tensor, source: Tensor, target: Tensor) -> Tensor:
        h = self.w(x)
        large = self.a(torch.cat([h[source], h[target]], 1)).squeeze(1).exp()
        total = torch.zeros(len(x)).index_add(0, target, large)
        return torch.zeros_like(h).index_add(0, target, h[source] * (large / total[target]).unsqueeze(1))


class Temporal(nn.Module):
    """A softmax over labels and a blank at each step, for a loss (CTC); and one over the steps of a sum."""

    def __init__(self) -> None:
        super().__init__()
        self.labels = nn.Linear(C, 5)

    def forward(self, x: Tensor) -> Tensor:
        shares = self.labels(x).log_softmax(-1)
        lengths = torch.full((len(x),), x.shape[1])
        return F.ctc_loss(shares.transpose(0, 1), torch.ones(len(x), 2, dtype=torch.long), lengths, torch.full((len(x),), 2))


def sources() -> Tensor:
    """(source, batch, channel)."""
    return torch.randn(N, 2, C)


KNOWN: dict[str, Known] = {
    "Bahdanau, PyTorch's tutorial": given(Practical, vector, rows),
    "Bahdanau, source first": given(SourceFirst, vector, sources),
    "Luong, the chatbot": given(lambda: LuongCell(cell=True), vector, sources),
    "Luong, as many sources as examples": given(lambda: LuongCell(cell=False), vector, lambda: torch.randn(2, 2, C)),
    "show, attend and tell": given(Captions, rows, vector),
    "Tacotron": given(Located, rows, vector),
    "pointer network": given(Pointer, vector, rows),
    "pointer-generator": given(Copies, vector, rows, lambda: torch.randint(0, 11, (2, N))),
    "decomposable attention": given(BothWays, rows, lambda: rows(4)),
    "decomposable attention, equal lengths": given(BothWays, rows, rows),
    "hierarchical attention": given(Hierarchy, rows),
    "memory network": given(Memory, vector, rows),
    "graph attention, dense": given(DenseGraph, rows, lambda: torch.eye(N).expand(2, N, N) + (torch.rand(2, N, N) > 0.5)),
    "graph attention, sparse": given(
        SparseGraph, lambda: torch.randn(N, C), lambda: torch.arange(8) % N, lambda: torch.arange(8) // 2 % N
    ),
    "connectionist labels": given(Temporal, rows),
}
