"""Whose row is whose, by evidence: the model is called once more, as a copy, with some of its examples changed.

Rows that moved are those of the examples that were changed. With log2 of their number of changes, each told by one digit of an
example's number and by its opposite, every row is proven to be of one example and of no other, in whatever order they stand.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from attnviz.taps.altered import Group, groups
from attnviz.taps.place import Outer
from attnviz.taps.rows import Arrangement, Rows, Table
from attnviz.taps.trials import Event, Events, trial

ROWS = "one more pass for each digit of an example's number: what moved is that example's"
NONE, SEVERAL = -1, -2
FEATURES = "; heads by the features of the projection that they are made of"


class Trials:
    """Those of one call of the model; what they cost is paid once, and by nobody who does not ask."""

    def __init__(self, outer: Outer, names: Mapping[int, str]) -> None:
        self._outer, self._names = outer, names
        self._groups: list[Group] = groups((outer.args, outer.kwargs))
        self._base = self._trial()
        self._moved: dict[Group, list[tuple[Events, Events]] | None] = {}

    def arrangement(self, layer: str, nth: int, rows: Rows) -> Arrangement | None:
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
