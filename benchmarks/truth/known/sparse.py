"""Attention over fewer keys, over sorted ones, or over none: much of it has no map of query and key, and must not be given one."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.truth.known.base import C, Heads, Known, N, given, merge, rows, split


class Projected(Heads):
    """Keys and values are mixed along the positions first (Linformer, arXiv:2006.04768)."""

    def __init__(self) -> None:
        super().__init__()
        self.e, self.f = nn.Linear(N, 3), nn.Linear(N, 3)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.three(x)
        return self.out(merge(self.attend(q, self.e(k.mT).mT, self.f(v.mT).mT, "head query key", None)))


class RandomFeatures(Heads):
    """Positive random features (Performer, arXiv:2009.14794): exp, sums, and no map."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Parameter(torch.randn(self.d, 5), requires_grad=False)

    def _mapped(self, t: Tensor) -> Tensor:
        return (t @ self.features - t.square().sum(-1, keepdim=True) / 2).exp() + 1e-4

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.three(x)
        q, k = self._mapped(q), self._mapped(k)
        out = q @ (k.mT @ v)
        return self.out(merge(out / (q @ k.sum(2).unsqueeze(-1))))


class Efficient(Heads):
    """Softmax of queries over features and of keys over positions (arXiv:1812.01243); fused over all positions in EfficientViT."""

    def __init__(self, relu: bool) -> None:
        super().__init__()
        self.relu = relu

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.three(x)
        if self.relu:
            q, k, v = F.relu(q), F.relu(k), F.pad(v, (0, 1), value=1.0)
            out = q @ (k.mT @ v)
            return self.out(merge(out[..., :-1] / (out[..., -1:] + 1e-6)))
        context = torch.einsum("bhnd,bhne->bhde", k.softmax(dim=2), v)
        return self.out(merge(torch.einsum("bhnd,bhde->bhne", q.softmax(dim=-1), context)))


class Sampled(Heads):
    """Only the queries that matter most attend; the others take the mean of the values (Informer, arXiv:2012.07436)."""

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.three(x)
        probe = q @ k[:, :, ::2].mT
        chosen = (probe.amax(-1) - probe.mean(-1)).topk(3).indices
        some = q.gather(2, chosen.unsqueeze(-1).expand(-1, -1, -1, self.d))
        weights = (some @ k.mT).softmax(-1)
        self.tell(weights, "head query key", "self")
        out = v.mean(2, keepdim=True).expand_as(q).clone()
        out.scatter_(2, chosen.unsqueeze(-1).expand(-1, -1, -1, self.d), weights @ v)
        return self.out(merge(out))


class Hashed(Heads):
    """Positions sorted into buckets, which look at themselves (Reformer, arXiv:2001.04451)."""

    def forward(self, x: Tensor) -> Tensor:
        qk, v = split(self.q(x)), split(self.v(x))
        order = qk[..., 0].argsort(-1).unsqueeze(-1).expand_as(qk)
        q, w = (t.gather(2, order).unflatten(2, (-1, 2)) for t in (qk, v))
        scores = torch.einsum("bhcqd,bhckd->bhcqk", q, F.normalize(q, dim=-1))
        weights = torch.exp(scores - torch.logsumexp(scores, -1, keepdim=True))
        out = torch.einsum("bhcqk,bhckd->bhcqd", weights, w).flatten(2, 3)
        self.tell(weights, "head window query key", "self", needed=False)
        return self.out(merge(torch.zeros_like(v).scatter(2, order, out)))


class Landmarks(Heads):
    """Three softmaxes and a pseudo-inverse (Nystromformer, arXiv:2102.03902)."""

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.three(x)
        ql, kl = (t.unflatten(2, (-1, 2)).mean(3) for t in (q, k))
        first, middle, last = F.softmax(q @ kl.mT, -1), F.softmax(ql @ kl.mT, -1), F.softmax(ql @ k.mT, -1)
        self.tell(last, "head query key", None, needed=False)
        return self.out(merge(first @ torch.linalg.pinv(middle) @ (last @ v)))


class Synthesized(Heads):
    """Scores that come from no product of query and key (arXiv:2005.00743): of each position alone, or of none."""

    def __init__(self, dense: bool) -> None:
        super().__init__()
        self.scores = nn.Linear(C, H_N) if dense else nn.Parameter(torch.randn(1, self.h, N, N))

    def forward(self, x: Tensor) -> Tensor:
        scores = self.scores(x).unflatten(-1, (self.h, N)).transpose(1, 2) if isinstance(self.scores, nn.Linear) else self.scores
        weights = scores.softmax(-1).expand(len(x), -1, -1, -1)
        self.tell(weights, "head query key", None, needed=False)
        return self.out(merge(weights @ split(self.v(x))))


class AttentionFree(nn.Module):
    """exp of keys and of places, and a sigmoid a feature (AFT, arXiv:2105.14103)."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.places = nn.Linear(C, 3 * C), nn.Parameter(torch.randn(N, N))

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).chunk(3, -1)
        near, key = self.places.exp(), k.exp()
        return torch.sigmoid(q) * (near @ (key * v)) / (near @ key)


class Retained(Heads):
    """Scores that decay, and no softmax (arXiv:2307.08621)."""

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.three(x)
        apart = torch.arange(x.shape[1])[:, None] - torch.arange(x.shape[1])
        decay = torch.where(apart >= 0, 0.8 ** apart.clamp(min=0).float(), 0.0)
        return self.out(merge((q @ k.mT * decay) @ v))


class SpatialGating(nn.Module):
    """Positions mixed by a linear layer, onto the other half (gMLP, arXiv:2105.08050)."""

    def __init__(self) -> None:
        super().__init__()
        self.up, self.mix, self.down = nn.Linear(C, 2 * C), nn.Linear(N, N), nn.Linear(C, C)

    def forward(self, x: Tensor) -> Tensor:
        a, b = F.gelu(self.up(x)).chunk(2, -1)
        return self.down(a * self.mix(b.mT).mT)


class Best(Heads):
    """Only the best keys of each query (arXiv:1912.11637)."""

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.three(x)
        scores = q @ k.mT
        least = scores.topk(3, -1).values[..., -1:]
        weights = scores.masked_fill(scores < least, -torch.inf).softmax(-1)
        self.tell(weights, "head query key", "self")
        return self.out(merge(weights @ v))


class Gathered(Heads):
    """Each query has keys of its own, gathered (top-k of an index; DeepSeek's sparse plan)."""

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.three(x)
        chosen = (q @ k.mT).mean(1).topk(3, -1).indices  # (batch, query, 3)
        at = chosen[:, None, :, :, None].expand(-1, self.h, -1, -1, self.d)
        some = [t.unsqueeze(2).expand(-1, -1, x.shape[1], -1, -1).gather(3, at) for t in (k, v)]
        weights = torch.einsum("bhqd,bhqkd->bhqk", q, some[0]).softmax(-1)
        self.tell(weights.unsqueeze(3), "head window query key", "self", needed=False)
        return self.out(merge(torch.einsum("bhqk,bhqkd->bhqd", weights, some[1])))


H_N = 2 * N
KNOWN: dict[str, Known] = {
    "Linformer": given(Projected, rows),
    "Performer": given(RandomFeatures, rows),
    "efficient attention": given(lambda: Efficient(relu=False), rows),
    "linear attention of EfficientViT": given(lambda: Efficient(relu=True), rows),
    "Informer": given(Sampled, rows),
    "Reformer": given(Hashed, rows),
    "Nystromformer": given(Landmarks, rows),
    "synthesizer, dense": given(lambda: Synthesized(dense=True), rows),
    "synthesizer, random": given(lambda: Synthesized(dense=False), rows),
    "attention free": given(AttentionFree, rows),
    "retention": given(Retained, rows),
    "gMLP": given(SpatialGating, rows),
    "explicit sparse": given(Best, rows),
    "gathered keys": given(Gathered, rows),
}
