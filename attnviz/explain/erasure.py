"""Does a ranking of parts explain a decision? Parts are hidden, the strongest first, and as many drawn at random.

Deletion and insertion curves after Petsiuk et al., 2018 (arXiv:1806.07421); comprehensiveness and sufficiency after DeYoung et al.,
2020 (arXiv:1911.03429), who hide a share of the words, or all others. What the parts are, and how one is hidden, is not known here:
`say` runs the model.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, comb

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]
Kept = NDArray[np.bool_]
Say = Callable[[Kept], Reals]
"""(set, part), True where a part is kept -> (set,) what the model then gives to what it had decided, a number such as a
probability."""

SHARES = (0.1, 0.2, 0.5)
DRAWS = 50
LEVEL = 0.95
TESTED = 0.2  # the share of parts whose hiding is tested,
LEAST_SETS = 40  # and more, until there are so many sets to compare with
RARE = 0.05  # where one part alone carries the decision, all parts are compared with, and passed is the one among 20 or more
CARRIES = 0.5  # a part does, whose hiding takes so large a share of what hiding all takes
SAME = 1e-6  # one input in two batches may differ by so much


@dataclass(frozen=True)
class Chance:
    """What hiding parts drawn at random does to one input; shared by all rankings of its parts.

    `tested`: how many parts the verdict hides, 0 where there are too few parts for one. `sets`: (set, part), True where hidden, of
    that many parts, no two alike; `said`: (set,). `deleted` and `inserted`: number of parts hidden, or kept -> (draw,). `rare`: how
    large a share of sets may do as well as a ranking that passes.
    """

    parts: int
    all: float
    none: float
    tested: int
    sets: Kept
    said: Reals
    deleted: Mapping[int, Reals]
    inserted: Mapping[int, Reals]
    rare: float

    @property
    def tells(self) -> bool:
        """Whether the best ranking would pass."""
        best = self.said <= self.said.min() + SAME
        return self.tested > 0 and (self.tested > 1 or float(best.mean()) <= self.rare)


@dataclass(frozen=True)
class Trial:
    """One ranking, tried on one input, against what chance does to it.

    `moved` is what hiding the `luck.tested` strongest parts takes from what was said, `random`, (set,), what other sets of as many
    take; `share`: the share of sets, the ranking's own among them, that take as much (the p-value of a permutation test).
    `deleted` and `inserted` are the two curves: number of parts hidden, or kept -> what is said.
    """

    luck: Chance
    moved: float
    random: Reals
    share: float
    deleted: Mapping[int, float]
    inserted: Mapping[int, float]

    @property
    def passed(self) -> bool | None:
        """Whether the ranking points at what matters, more than luck would; None where that cannot be told."""
        return bool(self.share <= self.luck.rare and self.moved > SAME) if self.luck.tells else None

    @property
    def band(self) -> tuple[float, float]:
        """Between which numbers 95 % of the random sets move what was said."""
        low, high = np.quantile(self.random, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]) if self.random.size else (np.nan, np.nan)
        return float(low), float(high)

    @property
    def comprehensiveness(self) -> float:
        """What hiding the strongest 10, 20 and 50 % takes, on average."""
        return self.luck.all - _between(self.deleted)

    @property
    def sufficiency(self) -> float:
        """What keeping nothing but the strongest 10, 20 and 50 % takes, on average: the less, the more they suffice."""
        return self.luck.all - _between(self.inserted)

    @property
    def by_chance(self) -> Reals:
        """(draw,) comprehensiveness of random orders."""
        return np.asarray(self.luck.all - np.mean(list(self.luck.deleted.values()), axis=0))

    @property
    def auc_deletion(self) -> float:
        """The area under the curve of deletion, over the share of parts from 0 to 1: small where the first parts matter."""
        return _area(self.deleted)

    @property
    def auc_insertion(self) -> float:
        """The area under the curve of insertion: large where the first parts matter."""
        return _area(self.inserted)


def counts(parts: int) -> tuple[int, ...]:
    """How many parts the curves hide or keep between none and all."""
    return tuple(sorted({min(parts, ceil(share * parts)) for share in SHARES}))


def fifth(parts: int) -> int:
    """How many parts a verdict hides: a fifth, or more where there would be too few sets to compare with; 0 where there always
    are."""
    return next((k for k in range(max(1, ceil(TESTED * parts)), parts) if comb(parts, k) >= LEAST_SETS), 0)


def chance(parts: int, say: Say, draws: int = DRAWS, seed: int = 0, alone: bool = True) -> Chance:
    """`draws` random orders of the parts, and what the model says while parts go, and while they come, in each; seeded.

    With `alone` it is first seen, by hiding each part alone, whether one carries the decision: if so, one part is what is tested.
    None of this looks at the ranking that is to be tried, so the test stays fair.
    """
    random = np.random.default_rng(seed)
    whole, nothing = say(np.array([[True] * parts, [False] * parts]))
    one = alone and _one_carries(parts, say, whole - nothing)
    count = 1 if one else fifth(parts)
    sets = np.eye(parts, dtype=np.bool_) if one else _sets(parts, count, draws + 1, random)
    orders = [_beginning_with(sets[i % len(sets)], random) for i in range(draws)]
    sizes = counts(parts)
    wanted = [~sets, *(~_first(orders, parts, k) for k in sizes), *(_first(orders, parts, k) for k in sizes)]
    said = say(np.concatenate(wanted))
    of_sets, curves = said[: len(sets)], said[len(sets) :].reshape(2, len(sizes), draws)
    deleted, inserted = (dict(zip(sizes, curve, strict=True)) for curve in curves)
    rare = RARE if one else (1 - LEVEL) / 2
    return Chance(parts, float(whole), float(nothing), count, sets, of_sets, deleted, inserted, rare)


def _one_carries(parts: int, say: Say, all_take: float) -> bool:
    whole = say(np.ones((1, parts), dtype=np.bool_))[0]
    most = whole - say(~np.eye(parts, dtype=np.bool_)).min()
    return bool(most > max(SAME, CARRIES * all_take))


def trial(strengths: Sequence[float] | Reals, say: Say, luck: Chance) -> Trial:
    """Tries the ranking of the parts by `strengths`, (part,), the strongest first; among equals the earlier part."""
    order = np.argsort(-np.asarray(strengths, dtype=np.float64), kind="stable")
    sizes = counts(luck.parts)
    top = _first([order], luck.parts, luck.tested)
    kept = [_first([order], luck.parts, k) for k in sizes]
    said = say(np.concatenate([~top, *(~some for some in kept), *kept]))
    deleted, inserted = said[1 : 1 + len(sizes)], said[1 + len(sizes) :]
    moved = luck.all - float(said[0])
    random = luck.all - luck.said[_others(luck.sets, top[0])]
    share = (1 + int((random >= moved - SAME).sum())) / (1 + len(random))
    curves = (_curve(luck.parts, sizes, *ends) for ends in ((luck.all, deleted, luck.none), (luck.none, inserted, luck.all)))
    return Trial(luck, moved, random, share, *curves)


def _sets(parts: int, count: int, most: int, random: np.random.Generator) -> Kept:
    """(set, part): at most `most` different sets of `count` parts, all there are where there are no more than that."""
    found: dict[bytes, Kept] = {}
    wanted = min(most, comb(parts, count))
    while len(found) < wanted:
        one = np.zeros(parts, dtype=np.bool_)
        one[random.permutation(parts)[:count]] = True
        found.setdefault(one.tobytes(), one)
    return np.stack(list(found.values()))


def _beginning_with(one: Kept, random: np.random.Generator) -> NDArray[np.int64]:
    """An order of all parts that begins with those of a set."""
    return np.concatenate([random.permutation(np.flatnonzero(one)), random.permutation(np.flatnonzero(~one))])


def _others(sets: Kept, own: Kept) -> Kept:
    """(set,), True for those a ranking is held against: all but its own, or but the last where its own is not among them."""
    same = (sets == own).all(1)
    if not same.any():
        same[-1] = True
    return ~same


def _first(orders: Sequence[NDArray[np.integer]], parts: int, count: int) -> Kept:
    """(order, part), True for the first `count` parts of each order."""
    found = np.zeros((len(orders), parts), dtype=np.bool_)
    for row, order in enumerate(orders):
        found[row, order[:count]] = True
    return found


def _curve(parts: int, sizes: Sequence[int], first: float, between: Reals, last: float) -> dict[int, float]:
    return {0: first, **dict(zip(sizes, between.tolist(), strict=True)), parts: last}


def _between(curve: Mapping[int, float]) -> float:
    """The mean over a curve without its ends; of an input of one part, its end."""
    return float(np.mean(list(curve.values())[1:-1] or list(curve.values())[-1:]))


def _area(curve: Mapping[int, float]) -> float:
    """By the trapezoidal rule, over the share of parts."""
    return float(np.trapezoid(list(curve.values()), np.array(list(curve)) / max(curve)))
