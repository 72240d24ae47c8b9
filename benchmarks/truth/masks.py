"""What a query may look at: masks with axes b, w, h, q, k, of one position where nothing changes along them; True is seen."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

LETTERS = "bwhqk"
Shape = dict[str, int]
Applied = Callable[[Tensor, Tensor], Tensor]


def _causal(n: Shape) -> Tensor:
    return torch.ones(n["q"], n["k"], dtype=torch.bool).tril(max(0, n["k"] - n["q"]))[None, None, None]


def _band(n: Shape) -> Tensor:
    apart = torch.arange(n["q"])[:, None] - torch.arange(n["k"])
    return ((apart.abs() <= 1) | (torch.arange(n["k"]) == 0))[None, None, None]


def _of_windows(n: Shape) -> Tensor:
    """As in shifted windows: each has one of its own, and a position always sees itself."""
    seen = torch.rand(1, n["w"], 1, n["q"], n["k"]) > 0.4
    seen[..., 0] = True
    return seen


def _of_heads(n: Shape) -> Tensor:
    seen = torch.rand(1, 1, n["h"], n["q"], n["k"]) > 0.4
    seen[..., 0] = True
    return seen


def _blind_row(n: Shape) -> Tensor:
    seen = torch.ones(1, 1, 1, n["q"], n["k"], dtype=torch.bool)
    seen[..., -1, :] = False
    return seen


def _blind_head(n: Shape) -> Tensor:
    seen = torch.ones(1, 1, n["h"], 1, n["k"], dtype=torch.bool)
    seen[:, :, -1] = False
    return seen


def _distance(n: Shape) -> Tensor:
    """ALiBi: the further, the less, each head its own slope."""
    apart = (torch.arange(n["q"])[:, None] - torch.arange(n["k"])).abs().float()
    return (-apart * torch.rand(n["h"], 1, 1))[None, None]


def _relative(n: Shape) -> Tensor:
    return torch.randn(1, 1, n["h"], n["q"], n["k"])


def of_blocks(length: int, n: Shape) -> Tensor:
    """Sequences behind each other in one row, each of which sees itself; pooled keys are fewer."""
    queries, keys = torch.arange(n["q"]) // length, torch.arange(n["k"]) * n["q"] // n["k"] // length
    return (queries[:, None] == keys)[None, None, None]


@dataclass(frozen=True)
class Mask:
    """`make`: of the axes that do not depend on the input. `padding`: the input says which keys of an example are there."""

    make: Callable[[Shape], Tensor] | None = None
    padding: bool = False


MASKS = {
    "none": Mask(),
    "causal": Mask(_causal),
    "padding": Mask(padding=True),
    "causal and padding": Mask(_causal, padding=True),
    "band": Mask(_band),
    "of windows": Mask(_of_windows),
    "of heads": Mask(_of_heads),
    "a blind query": Mask(_blind_row),
    "a blind head": Mask(_blind_head),
    "distance": Mask(_distance),
    "relative positions": Mask(_relative),
}
WEIGHTS = (30, 10, 12, 5, 5, 5, 4, 4, 3, 6, 8)


def _add(scores: Tensor, mask: Tensor) -> Tensor:
    added = (
        mask.to(scores.dtype)
        if mask.is_floating_point()
        else torch.zeros_like(mask, dtype=scores.dtype).masked_fill(~mask, -torch.inf)
    )
    return scores + added


def _fill(value: Callable[[Tensor], float], in_place: bool = False) -> Applied:
    def fill(scores: Tensor, mask: Tensor) -> Tensor:
        if mask.is_floating_point():
            return _add(scores, mask)
        return scores.masked_fill_(~mask, value(scores)) if in_place else scores.masked_fill(~mask, value(scores))

    return fill


def _where(scores: Tensor, mask: Tensor) -> Tensor:
    return _add(scores, mask) if mask.is_floating_point() else torch.where(mask, scores, torch.finfo(scores.dtype).min)


APPLIED: dict[str, Applied] = {
    "added": _add,
    "filled with -inf": _fill(lambda _: -torch.inf),
    "filled with the least number": _fill(lambda scores: torch.finfo(scores.dtype).min),
    "filled with -10000 in place": _fill(lambda _: -10000.0, in_place=True),
    "by where": _where,
}
