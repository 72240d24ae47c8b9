"""Does a ranking of parts explain a decision? Parts are hidden, the strongest first, and as many drawn at random.

What the parts are, and how one is hidden, is not known here: `say` runs the model. The verdict needs few passes; the curves are
worked out when they are asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import ceil, comb

import numpy as np

from attnviz.explain.curves import Curves, Kept, Order, Reals, Say, area, between, curves, first, whole

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
    that many parts, no two alike; `said`: (set,). `orders`: of all parts, drawn at random, for the curves. `rare`: how large a
    share of sets may do as well as a ranking that passes.
    """

    parts: int
    all: float
    none: float
    tested: int
    sets: Kept
    said: Reals
    rare: float
    say: Say = field(repr=False)
    orders: Sequence[Order] = field(repr=False)

    @property
    def tells(self) -> bool:
        """Whether the best ranking would pass."""
        best = self.said <= self.said.min() + SAME
        return self.tested > 0 and (self.tested > 1 or float(best.mean()) <= self.rare)

    @cached_property
    def curves(self) -> Curves:
        """Of the random orders."""
        return curves(self.orders, self.parts, self.say)


@dataclass(frozen=True)
class Trial:
    """One ranking, tried on one input, against what chance does to it.

    `moved` is what hiding the `luck.tested` strongest parts takes from what was said, `random`, (set,), what other sets of as many
    take; `share`: the share of sets, the ranking's own among them, that take as much (the p-value of a permutation test).
    """

    luck: Chance
    order: Order
    moved: float
    random: Reals
    share: float

    @property
    def passed(self) -> bool | None:
        """Whether the ranking points at what matters, more than luck would; None where that cannot be told."""
        return bool(self.share <= self.luck.rare and self.moved > SAME) if self.luck.tells else None

    @property
    def band(self) -> tuple[float, float]:
        """Between which numbers 95 % of the random sets move what was said."""
        low, high = np.quantile(self.random, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]) if self.random.size else (np.nan, np.nan)
        return float(low), float(high)

    @cached_property
    def _curves(self) -> Curves:
        return curves([self.order], self.luck.parts, self.luck.say)

    @cached_property
    def deleted(self) -> Mapping[int, float]:
        """Number of parts hidden, the strongest first -> what is said."""
        return whole(self._curves.deleted, self.luck.parts, self.luck.all, self.luck.none)

    @cached_property
    def inserted(self) -> Mapping[int, float]:
        """Number of parts kept, the strongest first -> what is said."""
        return whole(self._curves.inserted, self.luck.parts, self.luck.none, self.luck.all)

    @property
    def comprehensiveness(self) -> float:
        """What hiding the strongest 10, 20 and 50 % takes, on average."""
        return self.luck.all - between(self.deleted)

    @property
    def sufficiency(self) -> float:
        """What keeping nothing but the strongest 10, 20 and 50 % takes, on average: the less, the more they suffice."""
        return self.luck.all - between(self.inserted)

    @property
    def by_chance(self) -> Reals:
        """(order,) comprehensiveness of random orders."""
        return np.asarray(self.luck.all - np.mean(list(self.luck.curves.deleted.values()), axis=0))

    @property
    def auc_deletion(self) -> float:
        """The area under the curve of deletion, over the share of parts from 0 to 1: small where the first parts matter."""
        return area(self.deleted)

    @property
    def auc_insertion(self) -> float:
        """The area under the curve of insertion: large where the first parts matter."""
        return area(self.inserted)


def fifth(parts: int) -> int:
    """How many parts a verdict hides: a fifth, or more where there would be too few sets to compare with; 0 where there always
    are."""
    return next((k for k in range(max(1, ceil(TESTED * parts)), parts) if comb(parts, k) >= LEAST_SETS), 0)


def chance(parts: int, say: Say, draws: int = DRAWS, seed: int = 0, alone: bool = True, orders: int = DRAWS) -> Chance:
    """`draws` other sets to compare with, and random `orders` for the curves, which begin with those sets; seeded.

    With `alone` it is first seen, by hiding each part alone, whether one carries the decision: if so, one part is what is tested.
    None of this looks at the ranking that is to be tried, so the test stays fair.
    """
    random = np.random.default_rng(seed)
    everything, nothing = say(np.array([[True] * parts, [False] * parts]))
    one = alone and _one_carries(parts, say, everything - nothing)
    count = 1 if one else fifth(parts)
    sets = np.eye(parts, dtype=np.bool_) if one else _sets(parts, count, draws + 1, random)
    drawn = [_beginning_with(sets[i % len(sets)], random) for i in range(orders)]
    rare = RARE if one else (1 - LEVEL) / 2
    return Chance(parts, float(everything), float(nothing), count, sets, say(~sets), rare, say, drawn)


def _one_carries(parts: int, say: Say, all_take: float) -> bool:
    everything = say(np.ones((1, parts), dtype=np.bool_))[0]
    most = everything - say(~np.eye(parts, dtype=np.bool_)).min()
    return bool(most > max(SAME, CARRIES * all_take))


def ordered(strengths: Sequence[float] | Reals) -> Order:
    """(part,): parts, the strongest first; among equals the earlier one."""
    return np.argsort(-np.asarray(strengths, dtype=np.float64), kind="stable")


def trial(strengths: Sequence[float] | Reals, luck: Chance) -> Trial:
    """Tries the ranking of the parts by `strengths`, (part,)."""
    order = ordered(strengths)
    top = first([order], luck.parts, luck.tested)
    moved = luck.all - float(luck.say(~top)[0])
    random = luck.all - luck.said[_others(luck.sets, top[0])]
    share = (1 + int((random >= moved - SAME).sum())) / (1 + len(random))
    return Trial(luck, order, moved, random, share)


def _sets(parts: int, count: int, most: int, random: np.random.Generator) -> Kept:
    """(set, part): at most `most` different sets of `count` parts, all there are where there are no more than that."""
    found: dict[bytes, Kept] = {}
    wanted = min(most, comb(parts, count))
    while len(found) < wanted:
        one = np.zeros(parts, dtype=np.bool_)
        one[random.permutation(parts)[:count]] = True
        found.setdefault(one.tobytes(), one)
    return np.stack(list(found.values()))


def _beginning_with(one: Kept, random: np.random.Generator) -> Order:
    """An order of all parts that begins with those of a set."""
    return np.concatenate([random.permutation(np.flatnonzero(one)), random.permutation(np.flatnonzero(~one))])


def _others(sets: Kept, own: Kept) -> Kept:
    """(set,), True for those a ranking is held against: all but its own, or but the last where its own is not among them."""
    same = (sets == own).all(1)
    if not same.any():
        same[-1] = True
    return ~same
