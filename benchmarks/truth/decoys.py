"""What has a softmax or a sigmoid, and is no attention: nothing of it may be listed. Rows are (R, position, channel)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.truth.told import Telling


class Router(nn.Module):
    """A mixture of experts: each position goes to its best two, or to all by their share."""

    def __init__(self, c: int, best: bool = True) -> None:
        super().__init__()
        self.best, self.gate = best, nn.Linear(c, 4, bias=False)
        self.experts = nn.ModuleList(nn.Linear(c, c) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        shares = self.gate(x).softmax(-1)
        out = torch.stack([expert(x) for expert in self.experts], -2)
        if not self.best:
            return torch.einsum("bne,bnec->bnc", shares, out)
        top, which = shares.topk(2, -1)
        top = top / top.sum(-1, keepdim=True)
        chosen = out.gather(-2, which.unsqueeze(-1).expand(*which.shape, x.shape[-1]))
        return (top.unsqueeze(-2) @ chosen).squeeze(-2)


class SoftExperts(nn.Module):
    """Soft mixture of experts (arXiv:2308.00951): slots are mixed of positions, and positions of slots."""

    def __init__(self, c: int, flat: bool = False) -> None:
        super().__init__()
        self.flat, self.phi = flat, nn.Parameter(torch.randn(c, 2, 3))
        self.experts = nn.ModuleList(nn.Linear(c, c) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        if self.flat:
            logits = x @ self.phi.flatten(1)
            slots = (logits.softmax(1).mT @ x).unflatten(1, (2, 3))
        else:
            logits = torch.einsum("bmd,dep->bmep", x, self.phi)
            slots = torch.einsum("bmd,bmep->bepd", x, logits.softmax(1))
            logits = logits.flatten(2)
        out = torch.cat([expert(slots[:, i]) for i, expert in enumerate(self.experts)], 1)
        return torch.einsum("bms,bsd->bmd", logits.softmax(-1), out) if not self.flat else logits.softmax(-1) @ out


class Classes(nn.Module):
    """A softmax over classes, and the mean of their embeddings by it."""

    def __init__(self, c: int, embed: bool = False) -> None:
        super().__init__()
        self.head, self.embedding = nn.Linear(c, 7), nn.Embedding(7, c) if embed else None

    def forward(self, x: Tensor) -> Tensor:
        shares = self.head(x).softmax(-1)
        return shares @ self.embedding.weight if self.embedding is not None else x * shares.amax(-1, keepdim=True)


class Linear(nn.Module):
    """Attention without a map: key and value meet first (arXiv:1812.01243, softmax of each; arXiv:2006.16236, elu + 1)."""

    def __init__(self, c: int, soft: bool = True) -> None:
        super().__init__()
        self.soft, self.qkv = soft, nn.Linear(c, 3 * c)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).unflatten(-1, (3, 2, -1)).permute(2, 0, 3, 1, 4)
        if self.soft:
            return (q.softmax(-1) @ (k.softmax(-2).mT @ v)).transpose(1, 2).flatten(2)
        q, k = F.elu(q) + 1, F.elu(k) + 1
        out = torch.einsum("bhqd,bhdv->bhqv", q, torch.einsum("bhkd,bhkv->bhdv", k, v))
        return (out / (q * k.sum(2, keepdim=True)).sum(-1, keepdim=True)).transpose(1, 2).flatten(2)


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


class Prototypes(nn.Module):
    """Soft clusters: a residual to the nearest of some centres (NetVLAD, arXiv:1511.07247)."""

    def __init__(self, c: int) -> None:
        super().__init__()
        self.centres = nn.Parameter(torch.randn(3, c))

    def forward(self, x: Tensor) -> Tensor:
        apart = x.unsqueeze(2) - self.centres
        return (apart * (-(apart**2).sum(-1)).softmax(-1).unsqueeze(-1)).sum(2)


class Likelihood(nn.Module):
    """A mixture of densities: shares of components, each with a mean of its own."""

    def __init__(self, c: int) -> None:
        super().__init__()
        self.c, self.shares, self.means = c, nn.Linear(c, 3), nn.Linear(c, 3 * c)

    def forward(self, x: Tensor) -> Tensor:
        return (F.softmax(self.shares(x), -1).unsqueeze(-1) * self.means(x).unflatten(-1, (3, self.c))).sum(-2)


class Dynamic(nn.Module):
    """A softmax over the places of a kernel that each position predicts (dynamic convolution, arXiv:1901.10430)."""

    def __init__(self, c: int) -> None:
        super().__init__()
        self.kernel = nn.Linear(c, 3)

    def forward(self, x: Tensor) -> Tensor:
        around = F.pad(x, (0, 0, 1, 1)).unfold(1, 3, 1)  # (R, position, channel, place)
        return (around @ self.kernel(x).softmax(-1).unsqueeze(-1)).squeeze(-1)


class Contrast(nn.Module):
    """Similarities of all positions with each other, for a loss and not for values."""

    def __init__(self, c: int) -> None:
        super().__init__()
        self.project = nn.Linear(c, c)

    def forward(self, x: Tensor) -> Tensor:
        z = F.normalize(self.project(x), dim=-1)
        loss = -(z @ z.mT / 0.1).softmax(-1).diagonal(dim1=-2, dim2=-1).log()
        return x * loss.unsqueeze(-1)


class Pooling(Telling):
    """Positions weighted by a number of their own (arXiv:1703.03130): some call it attention, so it may be listed, but right."""

    def __init__(self, c: int) -> None:
        super().__init__()
        self.score = nn.Sequential(nn.Linear(c, 3), nn.Tanh(), nn.Linear(3, 1))

    def forward(self, x: Tensor) -> Tensor:
        shares = self.score(x).softmax(1)
        self.tell(shares.mT, "query key", None, needed=False)
        return x + (shares * x).sum(1, keepdim=True)


class PseudoInverse(Telling):
    """Nystrom attention (arXiv:2102.03902): three softmaxes around landmarks; no map of query and key is ever formed."""

    def __init__(self, c: int) -> None:
        super().__init__()
        self.qkv = nn.Linear(c, 3 * c)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.qkv(x).chunk(3, -1)
        marks = max(1, x.shape[1] // 2)
        ql, kl = (F.adaptive_avg_pool1d(t.mT, marks).mT for t in (q, k))
        first, middle, last = (q @ kl.mT).softmax(-1), (ql @ kl.mT).softmax(-1), (ql @ k.mT).softmax(-1)
        inverse = middle.mT / middle.sum(-1).amax() / middle.sum(-2).amax()
        one = torch.eye(marks, dtype=x.dtype)
        for _ in range(2):
            turn = middle @ inverse
            inverse = 0.25 * inverse @ (13 * one - turn @ (15 * one - turn @ (7 * one - turn)))
        self.tell(last, "query key", None, needed=False)  # landmarks that look at positions: an attention, if a small one
        return first @ inverse @ (last @ v)


DECOYS: dict[str, Callable[[int], nn.Module]] = {
    "router": Router,
    "router of all experts": lambda c: Router(c, best=False),
    "soft experts": SoftExperts,
    "soft experts, flat": lambda c: SoftExperts(c, flat=True),
    "classes": Classes,
    "classes embedded": lambda c: Classes(c, embed=True),
    "linear attention, softmax": Linear,
    "linear attention, elu": lambda c: Linear(c, soft=False),
    "gated unit": GatedUnit,
    "gated unit, F.glu": lambda c: GatedUnit(c, "F.glu"),
    "gated unit, silu": lambda c: GatedUnit(c, "silu"),
    "highway": lambda c: GatedUnit(c, "highway"),
    "LSTM": Recurrent,
    "gated heads": lambda _: GatedHeads(),
    "prototypes": Prototypes,
    "mixture of densities": Likelihood,
    "dynamic convolution": Dynamic,
    "contrast": Contrast,
    "pooling": Pooling,
    "pseudo-inverse": PseudoInverse,
}
