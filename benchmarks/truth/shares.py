"""Softmaxes over experts, classes, clusters and components: shares, and no attention. Rows are (R, position, channel)."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


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
