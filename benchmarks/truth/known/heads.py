"""What is done to scores, to weights and to heads."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.truth.known.base import C, H, Heads, Known, given, merge, rows, split
from benchmarks.truth.told import AGAIN


class Talking(Heads):
    """Heads are mixed before and behind the softmax (arXiv:2003.02436), here by linear layers (CaiT)."""

    def __init__(self) -> None:
        super().__init__()
        self.before, self.after = nn.Linear(H, H), nn.Linear(H, H)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.three(x)
        scores = self.before((q @ k.mT).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        weights = self.after(scores.softmax(-1).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        self.tell(weights, "head query key", "self")
        return self.out(merge(weights @ v))


class Difference(Heads):
    """The difference of two softmaxes (arXiv:2410.05258): weights may be negative."""

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.three(x)
        (q1, q2), (k1, k2) = q.chunk(2, -1), k.chunk(2, -1)
        weights = F.softmax(q1 @ k1.mT, -1) - 0.4 * F.softmax(q2 @ k2.mT, -1)
        self.tell(weights, "head query key", "self")
        return self.out(merge(weights @ v))


class Capped(Heads):
    """Scores through tanh, a causal mask, grouped keys, softmax in float32 (Gemma 2)."""

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.three(x)
        k, v = (t[:, :, None].expand(-1, -1, self.h // self.g, -1, -1).flatten(1, 2) for t in (k, v))
        scores = torch.tanh(q @ k.mT / 2) * 2
        mask = torch.full(scores.shape[-2:], torch.finfo(scores.dtype).min).triu(1)
        weights = F.dropout(F.softmax(scores + mask, -1, dtype=torch.float32).to(q.dtype), 0.1, self.training)
        self.tell(weights, "head query key", "self")
        return self.out(merge(torch.matmul(weights, v)))


class Sink(Heads):
    """A learned score beside the others takes a share of each row, and is dropped (StreamingLLM's idea, as gpt-oss does)."""

    def __init__(self) -> None:
        super().__init__()
        self.sink = nn.Parameter(torch.randn(self.h))

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.three(x)
        scores = q @ k.mT
        sinks = self.sink.reshape(1, -1, 1, 1).expand(len(x), -1, x.shape[1], -1)
        weights = torch.cat([scores, sinks], -1).softmax(-1)[..., :-1]
        self.tell(weights, "head query key", "self")
        return self.out(merge(weights @ v))


class OffByOne(Heads):
    """exp(s) / (1 + sum exp(s)), by a column of zeros."""

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.three(x)
        weights = F.softmax(F.pad(q @ k.mT, (1, 0)), -1)[..., 1:]
        self.tell(weights, "head query key", "self")
        return self.out(merge(weights @ v))


class Rotary(Heads):
    """Turned queries and keys (arXiv:2104.09864), by halves or by complex numbers."""

    def __init__(self, by_complex: bool, g: int) -> None:
        super().__init__(g=g)
        self.by_complex = by_complex

    def _turned(self, t: Tensor) -> Tensor:
        angle = torch.arange(t.shape[2])[:, None] * torch.tensor([1.0, 0.1])
        if self.by_complex:
            return torch.view_as_real(torch.view_as_complex(t.unflatten(-1, (-1, 2))) * torch.polar(torch.ones(()), angle)).flatten(
                -2
            )
        a, b = t.chunk(2, -1)
        return torch.cat([a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()], -1)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.three(x)
        q, k = self._turned(q), self._turned(k)
        again = (q.double() @ k.repeat_interleave(self.h // self.g, 1).double().mT / self.d**0.5).softmax(-1)
        self.tell(again, "head query key", "self", AGAIN)
        return self.out(merge(F.scaled_dot_product_attention(q, k, v, enable_gqa=self.g < self.h)))


class Relative(Heads):
    """Embeddings of distances: of keys (arXiv:1803.02155), skewed (arXiv:1809.04281), or with a memory (arXiv:1901.02860)."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.way, self.distances = way, nn.Parameter(torch.randn(32, self.d))
        self.u, self.w = (nn.Parameter(torch.randn(self.h, 1, self.d)) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        n = x.shape[1]
        past = torch.cat([x.flip(1).detach()[:, :2], x], 1) if self.way == "memory" else x
        q, k, v = self.three(x, past)
        if self.way == "keys":
            apart = self.distances[torch.arange(n)[:, None] - torch.arange(n) + n]
            scores = q @ k.mT + torch.einsum("bhqd,qkd->bhqk", q, apart)
        else:
            steps = self.distances[: k.shape[2]]
            moved = F.pad((q + self.w) @ steps.mT, (1, 0))
            moved = moved.view(len(x), self.h, k.shape[2] + 1, n)[:, :, 1:].reshape(len(x), self.h, n, k.shape[2])
            scores = (q + self.u) @ k.mT + moved
        weights = scores.softmax(-1)
        self.tell(weights, "head query key", None if self.way == "memory" else "self")
        return self.out(merge(weights @ v))


class Features(Heads):
    """Features look at features, over all positions (XCiT, arXiv:2106.09681)."""

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (t.mT for t in self.three(x))
        q, k = F.normalize(q, dim=-1), F.normalize(k, dim=-1)
        weights = (q @ k.mT * 3).softmax(-1)
        self.tell(weights, "head query key", "self", needed=False)
        return self.out((weights @ v).permute(0, 3, 1, 2).flatten(2))


class Gated(Heads):
    """The output of attention through a sigmoid of the input, feature by feature or head by head (arXiv:2505.06708)."""

    def __init__(self, by_head: bool) -> None:
        super().__init__()
        self.by_head, self.gate = by_head, nn.Linear(C, H if by_head else C)

    def forward(self, x: Tensor) -> Tensor:
        out = self.fused(*self.three(x), "head query key")
        if self.by_head:
            return self.out(merge(out * self.gate(x).sigmoid().mT.unsqueeze(-1)))
        return self.out(merge(out) * torch.sigmoid(self.gate(x)))


class Shared(nn.Module):
    """One layer, three times (arXiv:1909.11942)."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = Capped(g=1)

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(3):
            x = F.layer_norm(x + self.layer(x), (C,))
        return x


class Mixed(Heads):
    """Two kinds of softmax, by content and by place, mixed by a gate a head and normalised in place (arXiv:2103.10697)."""

    def __init__(self) -> None:
        super().__init__()
        self.place, self.gate = nn.Linear(3, H), nn.Parameter(torch.randn(H))

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.three(x)
        n = torch.arange(x.shape[1]).float()
        apart = n[:, None] - n
        places = self.place(torch.stack([apart, apart**2 / 9, apart.abs()], -1)).permute(2, 0, 1).softmax(-1)
        share = torch.sigmoid(self.gate).view(1, -1, 1, 1)
        weights = (1.0 - share) * (q @ k.mT).softmax(-1) + share * places
        weights /= weights.sum(-1).unsqueeze(-1)
        self.tell(weights, "head query key", "self")
        return self.out(merge(weights @ v))


class Sigmoids(Heads):
    """Sigmoids of scores in place of a softmax (arXiv:2409.04431): no map that this project knows, and no gate."""

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.three(x)
        weights = torch.sigmoid(q @ k.mT - 1.5)
        self.tell(weights, "head query key", "self", needed=False)
        return self.out(merge(weights @ v))


class HeadsFirst(Heads):
    """Heads and batch in one axis, heads first (jadore801120's and Kyubyong's Transformer); or batch first (fairseq)."""

    def __init__(self, first: bool) -> None:
        super().__init__()
        self.first = first

    def forward(self, x: Tensor) -> Tensor:
        b, n, _ = x.shape
        q, k, v = (t.view(b, n, self.h, self.d) for t in (self.q(x), self.k(x), self.v(x)))
        if self.first:
            q, k, v = (t.permute(2, 0, 1, 3).contiguous().view(-1, n, self.d) for t in (q, k, v))
        else:
            q, k, v = (t.transpose(1, 2).reshape(-1, n, self.d) for t in (q, k, v))
        weights = torch.bmm(q, k.transpose(1, 2)).softmax(2)
        sizes = (self.h, b) if self.first else (b, self.h)
        told = weights.unflatten(0, sizes)
        self.tell(told.transpose(0, 1) if self.first else told, "head query key", "self")
        out = torch.bmm(weights, v).unflatten(0, sizes)
        return self.out((out.permute(1, 2, 0, 3) if self.first else out.transpose(1, 2)).flatten(2))


class Multi(Heads):
    """One key head, whose queries of all heads stand behind each other in the query axis (arXiv:1911.02150)."""

    def forward(self, x: Tensor) -> Tensor:
        b, n, _ = x.shape
        q = split(self.q(x)).reshape(b, -1, self.d)
        weights = torch.bmm(q, self.k(x).mT).softmax(-1)
        self.tell(weights.view(b, self.h, n, n), "head query key", "self")
        return self.out(merge(torch.bmm(weights, self.v(x)).view(b, self.h, n, self.d)))


KNOWN: dict[str, Known] = {
    "talking heads": given(Talking, rows),
    "differential": given(Difference, rows),
    "Gemma's capped scores": given(lambda: Capped(g=1), rows),
    "a sink": given(Sink, rows),
    "softmax off by one": given(OffByOne, rows),
    "rotary": given(lambda: Rotary(by_complex=False, g=H), rows),
    "rotary, complex, grouped": given(lambda: Rotary(by_complex=True, g=1), rows),
    "Shaw's distances": given(lambda: Relative("keys"), rows),
    "skewed distances": given(lambda: Relative("skewed"), rows),
    "Transformer-XL": given(lambda: Relative("memory"), rows),
    "XCiT": given(Features, rows),
    "gated output": given(lambda: Gated(by_head=False), rows),
    "gated heads": given(lambda: Gated(by_head=True), rows),
    "ALBERT": given(Shared, rows),
    "ConViT": given(Mixed, rows),
    "sigmoid attention": given(Sigmoids, rows),
    "heads first in the batch": given(lambda: HeadsFirst(first=True), rows),
    "heads first in the batch, as many as tokens": given(lambda: HeadsFirst(first=True), lambda: rows(4)),
    "batch first, as many as tokens": given(lambda: HeadsFirst(first=False), lambda: rows(2, b=1)),
    "multi-query in one axis": given(lambda: Multi(g=1), rows),
}
