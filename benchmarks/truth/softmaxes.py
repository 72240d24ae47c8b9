"""How people write a softmax over the last axis, and what they do with the weights before the values."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Spelling = Callable[[Tensor], Tensor]


def _exp(scores: Tensor) -> Tensor:
    large = (scores - scores.amax(-1, keepdim=True)).exp()
    return large / large.sum(-1, keepdim=True)


def _exp_in_place(scores: Tensor) -> Tensor:
    large = torch.exp(scores - scores.max(-1, keepdim=True)[0])
    large /= large.sum(-1, keepdim=True)
    return large


def _turned(scores: Tensor) -> Tensor:
    """Over the first of two axes of a view."""
    return scores.mT.softmax(-2).mT


SPELLINGS: dict[str, Spelling] = {
    "F.softmax": lambda s: F.softmax(s, dim=-1),
    "Tensor.softmax": lambda s: s.softmax(-1),
    "torch.softmax": lambda s: torch.softmax(s, dim=-1),
    "nn.Softmax": nn.Softmax(dim=-1),
    "dim counted from the front": lambda s: F.softmax(s, s.ndim - 1),
    "float32 by dtype": lambda s: F.softmax(s, dim=-1, dtype=torch.float32).to(s.dtype),
    "float32 by float and type_as": lambda s: F.softmax(s.float(), dim=-1).type_as(s),
    "float32 by to and type": lambda s: s.to(torch.float32).softmax(-1).type(s.dtype),
    "of a shift": lambda s: (s - s.amax(-1, keepdim=True)).softmax(-1),
    "of clipped scores": lambda s: s.clip(-5, 5).softmax(-1),
    "of capped scores": lambda s: (3 * torch.tanh(s / 3)).softmax(-1),
    "of a clone divided in place": lambda s: s.clone().div_(1.5).softmax(-1),
    "of multiplied scores": lambda s: torch.multiply(s, 0.8).softmax(-1),
    "over queries of the transpose": _turned,
    "log_softmax and exp": lambda s: F.log_softmax(s, -1).exp(),
    "exp and sum": _exp,
    "exp and sum in place": _exp_in_place,
}
SPELLING_WEIGHTS = (14, 14, 14, 6, 6, 6, 6, 6, 3, 3, 3, 3, 3, 3, 2, 2, 1)


def _sharper(weights: Tensor) -> Tensor:
    """Squared and normalised again."""
    weights = weights * weights
    return weights / weights.sum(-1, keepdim=True)


def _divided_in_place(weights: Tensor) -> Tensor:
    weights /= weights.sum(-1, keepdim=True)
    return weights


def _masked_in_place(weights: Tensor) -> Tensor:
    return weights.masked_fill_(weights < 0.05, 0.0)


def _best(weights: Tensor) -> Tensor:
    """Only the largest two."""
    least = weights.topk(min(2, weights.shape[-1]), -1).values[..., -1:]
    return weights.masked_fill(weights < least, 0)


AFTER: dict[str, Spelling] = {
    "nothing": lambda w: w,
    "dropout": nn.Dropout(0.0),
    "clone": lambda w: w.clone(),
    "detach": lambda w: w.detach(),
    "clip": lambda w: w.clip(0, 1),
    "nan_to_num": torch.nan_to_num,
    "contiguous": lambda w: w.contiguous(),
    "multiply by one": lambda w: torch.multiply(w, 1.0),
    "sharper": _sharper,
    "divided in place": _divided_in_place,
    "small ones removed in place": _masked_in_place,
    "the best two": _best,
    "halved": lambda w: w * 0.5,
}
AFTER_WEIGHTS = (50, 10, 4, 4, 4, 4, 4, 3, 3, 4, 3, 3, 2)
