"""Queries that come from elsewhere than the keys: latents, inducing points, slots, object queries, images and texts."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.truth.known.base import C, Heads, Known, N, given, image, merge, rows, split


class Cross(Heads):
    """Plain cross-attention; its inputs are normalised inside."""

    def __init__(self, fused: bool = False) -> None:
        super().__init__()
        self.kernel, self.n1, self.n2 = fused, nn.LayerNorm(C), nn.LayerNorm(C)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        q, k, v = self.three(self.n1(x), self.n2(y))
        attend = self.fused if self.kernel else self.attend
        return x + self.out(merge(attend(q, k, v, "head query key", "soft")))


class Own(Heads):
    """Plain self-attention."""

    def __init__(self, fused: bool = False) -> None:
        super().__init__()
        self.kernel, self.norm = fused, nn.LayerNorm(C)

    def forward(self, x: Tensor) -> Tensor:
        attend = self.fused if self.kernel else self.attend
        return x + self.out(merge(attend(*self.three(self.norm(x)), "head query key")))


class Perceiver(nn.Module):
    """Latents look at the input, then at themselves, again and again (arXiv:2103.03206)."""

    def __init__(self, fused: bool, latents: int = N) -> None:
        super().__init__()
        self.latents = nn.Parameter(torch.randn(latents, C))
        self.reads, self.thinks = Cross(fused), Own(fused)

    def forward(self, x: Tensor) -> Tensor:
        z = self.latents.expand(len(x), -1, -1)
        for _ in range(2):
            z = self.thinks(self.reads(z, x))
        return z


class Detector(nn.Module):
    """An encoder of places, and object queries that look at each other and at the places (arXiv:2005.12872)."""

    def __init__(self, fused: bool) -> None:
        super().__init__()
        self.patch, self.encodes = nn.Conv2d(C, C, 1), Own(fused)
        self.objects, self.own, self.looks = nn.Parameter(torch.randn(16, C)), Own(fused), Cross(fused)

    def forward(self, x: Tensor) -> Tensor:
        memory = self.encodes(self.patch(x).flatten(2).mT)
        return self.looks(self.own(self.objects.expand(len(x), -1, -1)), memory)


class Induced(nn.Module):
    """Inducing points read a set, the set reads them, and a seed pools it (arXiv:1810.00825)."""

    def __init__(self) -> None:
        super().__init__()
        self.points, self.seed = nn.Parameter(torch.randn(1, 2, C)), nn.Parameter(torch.randn(1, 1, C))
        self.reads, self.back, self.pools = Cross(), Cross(), Cross()

    def forward(self, x: Tensor) -> Tensor:
        read = self.reads(self.points.repeat(len(x), 1, 1), x)
        return self.pools(self.seed.repeat(len(x), 1, 1), self.back(x, read))


class SetBlocks(Heads):
    """The same paper's code: heads are put behind each other along the batch, (head batch, position, feature)."""

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        q, k, v = (torch.cat(t.split(self.d, 2)) for t in (self.q(x), self.k(y), self.v(y)))
        weights = torch.softmax(q.bmm(k.transpose(1, 2)) / C**0.5, 2)
        self.tell(weights.unflatten(0, (self.h, -1)).transpose(0, 1), "head query key", "soft")
        out = torch.cat((q + weights.bmm(v)).split(len(x)), 2)
        return out + F.relu(self.out(out))


class Slots(Heads):
    """Slots compete for places: a softmax over the slots, then a mean over the places (arXiv:2006.15055)."""

    def __init__(self) -> None:
        super().__init__(h=1)
        self.slots, self.cell = nn.Parameter(torch.randn(1, 3, C)), nn.GRUCell(C, C)

    def forward(self, x: Tensor) -> Tensor:
        slots = self.slots.expand(len(x), -1, -1)
        k, v = self.k(x), self.v(x)
        for _ in range(2):
            scores = torch.einsum("bid,bjd->bij", self.q(slots), k) * C**-0.5
            weights = scores.softmax(dim=1) + 1e-8
            weights = weights / weights.sum(dim=-1, keepdim=True)
            self.tell(weights, "query key", "soft")
            updates = torch.einsum("bjd,bij->bid", v, weights)
            slots = self.cell(updates.flatten(0, 1), slots.flatten(0, 1)).view(slots.shape)
        return slots


class ClassOnly(Heads):
    """Only the class token asks (CaiT, arXiv:2103.17239)."""

    def __init__(self) -> None:
        super().__init__()
        self.cls = nn.Parameter(torch.randn(1, 1, C))

    def forward(self, x: Tensor) -> Tensor:
        y = torch.cat([self.cls.expand(len(x), -1, -1), x], 1)
        q, k, v = split(self.q(y[:, :1])), split(self.k(y)), split(self.v(y))
        return self.out(merge(self.attend(q, k, v, "head query key")))


class PoolsByLatent(Heads):
    """A learned query pools patches (SigLIP's head, by torch's own layer; AttentionPool of CLIP with the mean as query)."""

    def __init__(self, mean: bool) -> None:
        super().__init__()
        self.mean, self.probe = mean, nn.Parameter(torch.randn(1, 1, C))

    def forward(self, x: Tensor) -> Tensor:
        y = x.flatten(2).mT
        y = torch.cat([y.mean(1, keepdim=True), y], 1) if self.mean else y
        asks = y[:, :1] if self.mean else self.probe.repeat(len(x), 1, 1)
        q, k, v = split(self.q(asks)), split(self.k(y)), split(self.v(y))
        return self.out(merge(self.fused(q, k, v, "head query key", "self" if self.mean else "soft")))


class TextAndImage(nn.Module):
    """Two towers with batches of their own; and all pairs of their means (arXiv:2103.00020)."""

    def __init__(self, fused: bool) -> None:
        super().__init__()
        self.words, self.patch = nn.Embedding(20, C), nn.Conv2d(3, C, 2, 2)
        self.text, self.image = Own(fused), Own(fused)

    def forward(self, ids: Tensor, photos: Tensor) -> Tensor:
        a, b = self.text(self.words(ids)).mean(1), self.image(self.patch(photos).flatten(2).mT).mean(1)
        return (F.normalize(a, dim=-1) @ F.normalize(b, dim=-1).T * 5).softmax(-1)


class PhotosInTurn(nn.Module):
    """Photos one by one through a tower, then words and photos together, two prompts at once."""

    def __init__(self) -> None:
        super().__init__()
        self.sees, self.reads = Own(), Own(fused=True)

    def forward(self, text: Tensor, photos: Tensor) -> Tensor:
        seen = []
        for self.sees.only, photo in enumerate(photos):
            seen.append(self.sees(photo[None]))
        return self.reads(torch.cat([torch.cat(seen), text], 1))


def _towers(fused: bool, texts: int, photos: int) -> Known:
    return given(lambda: TextAndImage(fused), lambda: torch.randint(0, 20, (texts, 5)), lambda: torch.randn(photos, 3, 4, 4))


KNOWN: dict[str, Known] = {
    "cross-attention behind norms": given(Cross, rows, rows),
    "cross-attention behind norms, fused": given(lambda: Cross(fused=True), rows, rows),
    "Perceiver": given(lambda: Perceiver(fused=False), rows),
    "Perceiver, fused": given(lambda: Perceiver(fused=True, latents=2), rows),
    "DETR": given(lambda: Detector(fused=False), image),
    "DETR, fused": given(lambda: Detector(fused=True), lambda: image(b=4)),
    "set transformer": given(Induced, rows),
    "set transformer, heads in the batch": given(SetBlocks, rows, lambda: rows(4)),
    "set transformer, one set of four": given(SetBlocks, lambda: rows(2, b=1), lambda: rows(4, b=1)),
    "slot attention": given(Slots, rows),
    "CaiT": given(ClassOnly, rows),
    "SigLIP's pooling": given(lambda: PoolsByLatent(mean=False), image),
    "CLIP's pooling": given(lambda: PoolsByLatent(mean=True), image),
    "CLIP, three texts and a photo": _towers(False, 3, 1),
    "CLIP, four texts and two photos": _towers(False, 4, 2),
    "CLIP, two texts and four photos, fused": _towers(True, 2, 4),
    "photos in turn": given(PhotosInTurn, lambda: rows(3), lambda: rows(4)),
    "photos in turn, three": given(PhotosInTurn, lambda: rows(3, b=3), lambda: rows(3, b=3)),
}
