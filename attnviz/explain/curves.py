"""Curves of deletion and insertion: what is said while the parts go, the first of an order first, and while they come.

Petsiuk et al., 2018 (arXiv:1806.07421); comprehensiveness and sufficiency are means over these curves (DeYoung et al., 2020,
arXiv:1911.03429).
"""

from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]
Kept = NDArray[np.bool_]
Order = NDArray[np.int64]
Say = Callable[[Kept], Reals]
"""(set, part), True where a part is kept -> (set,) what the model then gives to what it had decided, a number such as a
probability."""

SHARES = (0.1, 0.2, 0.5)


class Curves(NamedTuple):
    """Number of parts hidden, or kept -> what is said, (order,)."""

    deleted: Mapping[int, Reals]
    inserted: Mapping[int, Reals]


def counts(parts: int) -> tuple[int, ...]:
    """How many parts the curves hide or keep between none and all."""
    return tuple(sorted({min(parts, ceil(share * parts)) for share in SHARES}))


def curves(orders: Sequence[Order], parts: int, say: Say) -> Curves:
    """Both curves of each order, without their ends."""
    sizes = counts(parts)
    kept = [first(orders, parts, size) for size in sizes]
    said = say(np.concatenate([*(~some for some in kept), *kept])).reshape(2, len(sizes), len(orders))
    return Curves(*(dict(zip(sizes, curve, strict=True)) for curve in said))


def first(orders: Sequence[Order], parts: int, count: int) -> Kept:
    """(order, part), True for the first `count` parts of each order."""
    found = np.zeros((len(orders), parts), dtype=np.bool_)
    for row, order in enumerate(orders):
        found[row, order[:count]] = True
    return found


def whole(between: Mapping[int, Reals], parts: int, start: float, end: float) -> dict[int, float]:
    """The curve of one order, with its ends."""
    return {0: start, **{size: float(said[0]) for size, said in between.items()}, parts: end}


def between(curve: Mapping[int, float]) -> float:
    """The mean over a curve without its ends; of an input of one part, its end."""
    return float(np.mean(list(curve.values())[1:-1] or list(curve.values())[-1:]))


def area(curve: Mapping[int, float]) -> float:
    """By the trapezoidal rule, over the share of parts."""
    return float(np.trapezoid(list(curve.values()), np.array(list(curve)) / max(curve)))
