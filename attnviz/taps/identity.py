"""Whose row is whose, by evidence: the model is called once more, as a copy, with some of its examples changed.

Rows that moved are those of the examples that were changed. With log2 of their number of changes, each told by one digit of an
example's number and by its opposite, every row is proven to be of one example and of no other, in whatever order they stand.
"""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from attnviz.taps.altered import Group, groups, with_axes
from attnviz.taps.place import Outer, Place
from attnviz.taps.traces import Traces
from attnviz.taps.trials import Event, Events, is_cache, trial

ROWS = "one more pass for each digit of an example's number: what moved is that example's"
NONE, SEVERAL = -1, -2
FEATURES = "; heads by the features of the projection that they are made of"
Table = NDArray[np.int64]


class Arrangement(NamedTuple):
    """`examples`: for each that is there, the numbers of its rows, (window, head), or (row,) where nothing more is known."""

    examples: dict[int, Table]
    evidence: str


class Rows(NamedTuple):
    """Those of one call: `first` times `heads` of them, of `queries` each. `apart`: whether `heads` is an axis of its own.

    `tokens`: how many were projected into the queries, 0 where that is not known; `query`: the tensor, where there is one.
    """

    first: int
    heads: int
    queries: int
    tokens: int = 0
    query: Tensor | None = None
    apart: bool = True

    @property
    def total(self) -> int:
        return self.first * self.heads

    def hide_heads(self, features: NDArray[np.int64] | None) -> bool:
        """Whether each token asks more often than there are heads by their features: some of them stand among the queries."""
        if not self.tokens or (features is None and not self.apart):
            return False
        times, left = divmod(self.total * self.queries, self.tokens)
        return not left and times > (self.heads if features is None else len(np.unique(features)))


class Trials:
    """Those of one call of the model; what they cost is paid once, and by nobody who does not ask."""

    def __init__(self, outer: Outer, names: Mapping[int, str]) -> None:
        self._outer, self._names = outer, names
        self._groups: list[Group] = groups((outer.args, outer.kwargs))
        self._base = self._trial()
        self._moved: dict[Group, list[tuple[Events, Events]] | None] = {}

    def arrangement(self, layer: str, nth: int, rows: "Rows") -> Arrangement | None:
        event = self._event(self._base, layer, nth)
        if event is None or len(event.marks) != rows.total or event.shape[-1] != rows.queries or rows.hide_heads(event.features):
            return None
        mixed = False
        for group in self._groups:
            if group[0] == 1 and not mixed:
                break
            owners = self._owners(group, layer, nth, event)
            if owners is None:
                continue
            mixed |= bool((owners < 0).all() and (owners == SEVERAL).any())
            filled = _the_last_one(owners, group[1])
            owners = filled if _whole(filled, event, rows, group[1]) else owners
            if ((owners >= 0) & (owners < group[1])).all():
                return _arranged(owners, event, rows.heads if rows.apart else 0, self._second_axis(group, rows.total))
        return None

    def _second_axis(self, group: Group, rows: int) -> bool:
        """Whether one example of many rows could as well be many examples on the second axis."""
        return group == (1, 1) or (group == (0, 1) and any(axis == 1 and size == rows for axis, size in self._groups))

    def _owners(self, group: Group, layer: str, nth: int, event: Event) -> NDArray[np.int64] | None:
        """(row,) the example that each row is of; NONE or SEVERAL where it is of no single one."""
        passes = self._passes(group)
        if passes is None:
            return None
        owners = np.zeros(len(event.marks), dtype=np.int64)
        none, several = owners > 0, owners > 0
        for digit, pair in enumerate(passes):
            with_it, without = (self._event(events, layer, nth) for events in pair)
            if with_it is None or without is None or not len(with_it.marks) == len(without.marks) == len(event.marks):
                return None
            moved, still = (one.marks != event.marks for one in (with_it, without))
            owners |= moved.astype(np.int64) << digit
            none, several = none | (~moved & ~still), several | (moved & still)
        owners = owners if group[1] > 1 else owners - 1  # a single example is told by its being changed
        return np.where(several, SEVERAL, np.where(none & (group[1] > 1), NONE, owners))

    def _passes(self, group: Group) -> list[tuple[Events, Events]] | None:
        if group not in self._moved:
            numbers = range(group[1]) if group[1] > 1 else range(1, 2)
            digits = range(max(1, (group[1] - 1).bit_length()))
            sets = [[tuple(i for i in numbers if (i >> digit & 1) == wanted) for wanted in (1, 0)] for digit in digits]
            pairs = [tuple(self._changed(group, chosen) for chosen in pair) for pair in sets]
            self._moved[group] = None if any(part is None for pair in pairs for part in pair) else pairs  # type: ignore[assignment]
        return self._moved[group]

    def _changed(self, group: Group, numbers: tuple[int, ...]) -> Events | None:
        examples = numbers if group[1] > 1 else tuple(number - 1 for number in numbers)
        return self._trial(group, examples) if examples else self._base

    def _trial(self, group: Group | None = None, examples: tuple[int, ...] = ()) -> Events | None:
        """None where the copy cannot be made or does not run: then there is no evidence, and the model itself is as before."""
        try:
            return trial(self._outer, self._names, group, examples)
        except Exception:
            return None

    def _event(self, events: Events | None, layer: str, nth: int) -> Event | None:
        found = [] if events is None else events.get(layer, [])
        return found[nth] if nth < len(found) else None


def _the_last_one(owners: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Rows that nothing moves, as where a query sees a single key, are those of the only example that is missing just as many."""
    counts = np.bincount(owners[owners >= 0], minlength=size)
    missing = np.flatnonzero(counts == 0)
    if len(missing) == 1 and size > 1 and set(np.delete(counts, missing)) == {int((owners == NONE).sum())}:
        return np.where(owners == NONE, missing[0], owners)
    return owners


def _whole(owners: NDArray[np.int64], event: Event, rows: Rows, size: int) -> bool:
    """Whether each example has all heads, or the first axis has one place for each: a call may also be for some examples only."""
    if event.features is not None:
        times = np.unique(np.stack([owners, event.features]), axis=1, return_counts=True)[1]
        return len(times) == size * len(np.unique(event.features)) and len(set(times)) == 1
    return rows.apart and rows.first == size and _side_by_side(owners.reshape(-1, rows.heads))


def _arranged(owners: NDArray[np.int64], event: Event, heads: int, second_axis: bool) -> Arrangement | None:
    """Rows by example, and those of one by windows and heads."""
    evidence = ROWS
    if event.features is not None:
        rank = np.unique(event.features, return_inverse=True)[1]
        evidence += FEATURES
    elif heads and _side_by_side(owners.reshape(-1, heads)):
        rank = np.arange(len(owners)) % heads
    else:
        rank = None
    examples = {int(i): np.flatnonzero(owners == i) for i in np.unique(owners)}
    if rank is not None:
        tables = {i: _by_head(rows, rank[rows], event.tokens) for i, rows in examples.items()}
        if any(table is None for table in tables.values()):
            return None
        examples = tables  # type: ignore[assignment]
    if second_axis and max(len(table) for table in examples.values()) > 1:
        return None
    return Arrangement(examples, evidence)


def _side_by_side(owners: NDArray[np.int64]) -> bool:
    """Whether the second axis holds what one example has side by side, as heads are, and the first tells examples apart."""
    return bool((owners == owners[:, :1]).all()) and (len(owners) == 1 or len(np.unique(owners)) > 1)


def _by_head(rows: NDArray[np.int64], rank: NDArray[np.int64], tokens: NDArray[np.int64] | None) -> Table | None:
    """(window, head) rows of one example; windows in the order of the rows, the same ones for each head."""
    by_head = [rows[rank == head] for head in np.unique(rank)]
    if len({len(of_head) for of_head in by_head}) != 1:
        return None
    table = np.stack(by_head, axis=1)
    if tokens is not None and len(table) > 1 and (tokens[table] != tokens[table[:, :1]]).any():
        return None
    return table


class Identity:
    """What one recording knows of the rows of its layers."""

    def __init__(self, names: Mapping[int, str], traces: Traces) -> None:
        self._names, self._traces = names, traces
        self._outer: Outer | None = None
        self._trials: Trials | None = None
        self._nth: Counter[str] = Counter()
        self._known: dict[tuple[str, int, int], Arrangement] = {}
        self._plain: set[tuple[str, int, int]] = set()
        self.sizes: frozenset[int] = frozenset()
        self.without_batch = False
        self.serial = 0

    def meet(self, place: Place) -> None:
        """What follows is about this call of the model: `sizes` of the first axes of its inputs, `without_batch` and `serial`."""
        if place.outer is not None and self._outer is not None and place.outer.kwargs is self._outer.kwargs:
            return
        self._outer, self._trials = place.outer, None
        self._nth.clear()
        self.serial += 1
        given = [] if place.outer is None else with_axes((place.outer.args, place.outer.kwargs))
        self.sizes = frozenset(len(tensor) for tensor in given)
        self.without_batch = all(tensor.ndim == 2 and tensor.is_floating_point() for tensor in given)

    def turn(self, place: Place) -> int:
        """How many calls of this layer there were before in this call of the model."""
        self.meet(place)
        nth = self._nth[place.layer]
        self._nth[place.layer] += 1
        return nth

    def tokens(self, tensor: Tensor) -> int:
        """How many tokens were projected into a tensor; 0 where that is not known."""
        trace = self._traces.of(tensor)
        return 0 if trace is None else trace.tokens

    def arrangement(self, layer: str, nth: int, rows: Rows) -> Arrangement | None:
        """None where there is no evidence. With a cache, that of the layer's calls before holds for as many rows."""
        if self._outer is None:
            return None
        known = self._known.get((layer, rows.first, rows.heads))
        if known is not None and self._with_cache():
            return known
        if self._trials is None:
            self._trials = Trials(self._outer, self._names)
        found = self._trials.arrangement(layer, nth, rows)
        if found is not None:
            self._known[layer, rows.first, rows.heads] = found
        return found

    def plain(self, layer: str, rows: Rows) -> None:
        """Remembers that so many rows of a layer were plain."""
        self._plain.add((layer, rows.first, rows.heads))

    def was_plain(self, layer: str, rows: Rows) -> bool:
        """Whether a call with a cache goes on from one that was."""
        return (layer, rows.first, rows.heads) in self._plain and self._with_cache()

    def _with_cache(self) -> bool:
        return self._outer is not None and any(map(is_cache, self._outer.kwargs.values()))

    def let_go(self) -> None:
        """Of what the model was called with."""
        self._outer = self._trials = None
