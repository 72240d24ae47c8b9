"""Attention in windows, along lines, in blocks and around each place."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.truth.known.base import B, C, Heads, Known, given, image, merge, rows, split


class Swin(Heads):
    """Windows of an image, shifted, with a mask of their own (arXiv:2103.14030); or with cosines (arXiv:2111.09883)."""

    def __init__(self, shift: int, second: bool, before: bool = False) -> None:
        super().__init__()
        self.shift, self.second, self.before = shift, second, before
        self.scale = nn.Parameter(torch.full((self.h, 1, 1), 1.5))
        self.bias = nn.Parameter(torch.randn(1, self.h, 4, 4))
        seen = torch.ones(4, 4, 4).tril()[:, torch.tensor([0, 1, 3, 2])].bool() if shift else torch.ones(4, 4, 4).bool()
        self.register_buffer("seen", seen | torch.eye(4, dtype=torch.bool))

    def forward(self, x: Tensor) -> Tensor:
        if self.shift:
            x = torch.roll(x, (-self.shift, -self.shift), (2, 3))
        y = x.unflatten(3, (2, 2)).unflatten(2, (2, 2)).permute(0, 2, 4, 3, 5, 1).reshape(-1, 4, C)
        q, k, v = self.three(y)
        if self.second:
            scores = F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).mT * self.scale.clamp(max=4.6).exp()
        else:
            scores = (q * self.d**-0.5) @ k.mT
        scores = scores + self.bias
        b = len(x)
        masked = scores.view(b, 4, self.h, 4, 4).masked_fill(~self.seen[None, :, None], -100.0).view(-1, self.h, 4, 4)
        weights = masked.softmax(-1)
        self.tell(weights.unflatten(0, (b, 4)), "window head query key", "self")
        out = self.out(merge(weights @ v)).view(b, 2, 2, 2, 2, C).permute(0, 5, 1, 3, 2, 4).reshape(x.shape)
        return torch.roll(out, (self.shift, self.shift), (2, 3)) if self.shift else out


class MaxViT(nn.Module):
    """Blocks, then a grid of places far from each other (arXiv:2204.01697)."""

    def __init__(self) -> None:
        super().__init__()
        self.block, self.grid = Parted(grid=False), Parted(grid=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.grid(self.block(x) + x)


class Parted(Heads):
    """One of the two."""

    def __init__(self, grid: bool) -> None:
        super().__init__()
        self.grid = grid

    def forward(self, x: Tensor) -> Tensor:
        y = x.unflatten(3, (2, 2)).unflatten(2, (2, 2))
        y = y.permute(0, 3, 5, 2, 4, 1) if self.grid else y.permute(0, 2, 4, 3, 5, 1)
        q, k, v = self.three(y.reshape(-1, 4, C))
        scores = q @ k.mT
        weights = scores.softmax(-1)
        self.tell(weights.unflatten(0, (len(x), 4)), "window head query key", "self")
        out = self.out(merge(weights @ v)).view(y.shape)
        return (out.permute(0, 5, 3, 1, 4, 2) if self.grid else out.permute(0, 5, 1, 3, 2, 4)).reshape(x.shape)


class Axial(Heads):
    """Along rows, then along columns (arXiv:1912.12180)."""

    def __init__(self, rows_first: bool) -> None:
        super().__init__()
        self.axes = (0, 2, 3, 1) if rows_first else (0, 3, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = x.permute(self.axes)
        q, k, v = self.three(y.flatten(0, 1))
        weights = (q @ k.mT).softmax(-1)
        self.tell(weights.unflatten(0, y.shape[:2]), "window head query key", "self")
        return self.out(merge(weights @ v)).view(y.shape).permute([self.axes.index(i) for i in range(4)])


class Divided(nn.Module):
    """Time, then space, of a video (batch, frame, place, channel) with a class token (arXiv:2102.05095)."""

    def __init__(self) -> None:
        super().__init__()
        self.time, self.space, self.cls = Kept("bw"), Kept("bw"), nn.Parameter(torch.randn(1, 1, C))

    def forward(self, x: Tensor) -> Tensor:
        b, t, n, c = x.shape
        time = self.time(x.transpose(1, 2).reshape(b * n, t, c), n).view(b, n, t, c).transpose(1, 2) + x
        cls = self.cls.expand(b, 1, c).repeat_interleave(t, 0)
        return self.space(torch.cat([cls, time.reshape(b * t, n, c)], 1), t)


class Kept(Heads):
    """Plain self-attention over rows that hold `w` parts of an example, next to each other ("bw") or apart ("wb")."""

    def __init__(self, order: str, fused: bool = False) -> None:
        super().__init__()
        self.order, self.kernel = order, fused

    def forward(self, x: Tensor, w: int) -> Tensor:
        q, k, v = self.three(x)
        weights = (q.double() @ k.double().mT / self.d**0.5).softmax(-1)
        parts = weights.unflatten(0, (-1, w)) if self.order == "bw" else weights.unflatten(0, (w, -1)).transpose(0, 1)
        self.tell(parts, "window head query key", "self", 2e-5)
        out = F.scaled_dot_product_attention(q, k, v) if self.kernel else (q @ k.mT / self.d**0.5).softmax(-1) @ v
        return self.out(merge(out))


class Crops(nn.Module):
    """Crops of one size in one batch, crop by crop, of a teacher and a student that share a layer (DINO, arXiv:2104.14294)."""

    def __init__(self, fused: bool) -> None:
        super().__init__()
        self.patch, self.layer = nn.Conv2d(3, C, 2, 2), Kept("wb", fused)

    def forward(self, crops: list[Tensor]) -> Tensor:
        x = self.patch(torch.cat(crops)).flatten(2).mT
        return self.layer(x, len(crops)).mean(1)


class Around(Heads):
    """Each place looks at the three by three around it (arXiv:2204.07143)."""

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.three(x.flatten(2).mT)
        near = [self._near(t, *x.shape[2:]) for t in (k, v)]  # (batch, head, place, 9, feature)
        scores = (q.unsqueeze(3) @ near[0].mT).squeeze(3)
        weights = scores.softmax(-1)
        self.tell(weights.unsqueeze(3), "head window query key", "self", needed=False)  # each place has keys of its own
        return self.out(merge((weights.unsqueeze(3) @ near[1]).squeeze(3))).mT.view(x.shape)

    def _near(self, t: Tensor, high: int, wide: int) -> Tensor:
        plane = merge(t).mT.unflatten(2, (high, wide))
        return F.unfold(plane, 3, padding=1).view(len(t), self.h, self.d, 9, -1).permute(0, 1, 4, 3, 2)


class Halo(Heads):
    """Blocks of queries, and keys from a wider block around each (arXiv:2103.12731)."""

    def forward(self, x: Tensor) -> Tensor:
        b = len(x)
        queries = x.unflatten(3, (2, 2)).unflatten(2, (2, 2)).permute(0, 2, 4, 3, 5, 1).reshape(-1, 4, C)
        keys = F.unfold(x, 4, stride=2, padding=1).view(b, C, 16, 4).permute(0, 3, 2, 1).reshape(-1, 16, C)
        q, k, v = split(self.q(queries)), split(self.k(keys)), split(self.v(keys))
        weights = (q @ k.mT).softmax(-1)
        self.tell(weights.unflatten(0, (b, 4)), "window head query key", "self")
        return self.out(merge(weights @ v)).view(b, 2, 2, 2, 2, C).permute(0, 5, 1, 3, 2, 4).reshape(x.shape)


class Chunked(Heads):
    """Chunks that look at themselves and the one before (Longformer's and LongT5's plan)."""

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (t.unflatten(2, (-1, 2)) for t in self.three(x))
        k, v = (torch.cat([F.pad(t, (0, 0, 0, 0, 1, 0))[:, :, :-1], t], 3) for t in (k, v))
        weights = torch.einsum("bhcqd,bhckd->bhcqk", q, k).softmax(-1)
        self.tell(weights, "head window query key", "self", needed=False)
        return self.out(merge(torch.einsum("bhcqk,bhckd->bhcqd", weights, v).flatten(2, 3)))


KNOWN: dict[str, Known] = {
    "Swin": given(lambda: Swin(0, second=False), image),
    "Swin, shifted": given(lambda: Swin(1, second=False), image),
    "Swin v2, shifted": given(lambda: Swin(1, second=True), image),
    "Swin v2, four images": given(lambda: Swin(0, second=True), lambda: image(b=4)),
    "MaxViT": given(MaxViT, image),
    "axial, rows": given(lambda: Axial(rows_first=True), lambda: image(2, 4)),
    "axial, columns": given(lambda: Axial(rows_first=False), lambda: image(2, 2)),
    "TimeSformer": given(Divided, lambda: torch.randn(B, 4, 3, C)),
    "TimeSformer, two frames of two places": given(Divided, lambda: torch.randn(B, 2, 2, C)),
    "DINO's crops": given(lambda: Crops(fused=False), lambda: [torch.randn(B, 3, 4, 4) for _ in range(2)]),
    "DINO's crops, fused": given(lambda: Crops(fused=True), lambda: [torch.randn(B, 3, 4, 4) for _ in range(3)]),
    "neighbourhood": given(Around, image),
    "halo": given(Halo, image),
    "chunks": given(Chunked, rows),
}
