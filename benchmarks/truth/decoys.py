"""What has a softmax or a sigmoid, and is no attention: nothing of it may be listed. Rows are (R, position, channel)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.truth.shares import Classes, Contrast, Dynamic, Likelihood, Prototypes, Router, SoftExperts
from benchmarks.truth.told import Telling
from benchmarks.truth.units import GatedHeads, GatedUnit, Recurrent


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


class Pooling(Telling):
    """Positions weighted by a number of their own (arXiv:1703.03130): some call it attention, so it may be listed, but right."""

    def __init__(self, c: int) -> None:
        super().__init__()
        self.score = nn.Sequential(nn.Linear(c, 3), nn.Tanh(), nn.Linear(3, 1))

    def forward(self, x: Tensor) -> Tensor:
        shares = self.score(x).softmax(1)
        self.tell(self.by_example(shares.mT), "window query key", None, needed=False)
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
        self.tell(
            self.by_example(last), "window query key", None, needed=False
        )  # landmarks that look at positions: an attention, if a small one
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
