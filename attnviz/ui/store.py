"""Results that all visitors share, bounded; what two ask for is worked out once, and each model has a line to stand in."""

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from attnviz.errors import Busy

Key = tuple[Hashable, ...]
POLL = 0.2  # seconds between two looks at whether a visitor who waits still wants it


class Kept(NamedTuple):
    """A result, and how many bytes its arrays take."""

    value: Any
    bytes: int


@dataclass
class Store:
    """At most `most` results of `most_bytes` together, those asked for longest go; the last one is kept whatever its size.

    In each line `at_once` work at the same time and `waiting` may stand behind them.
    """

    most: int
    most_bytes: int
    at_once: int
    waiting: int
    _kept: dict[Key, Kept] = field(default_factory=dict)
    _made: set[Key] = field(default_factory=set)  # what somebody works out or stands in line for
    _lines: dict[Hashable, list[object]] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _inside: threading.local = field(default_factory=threading.local)

    def once(self, key: Key, make: Callable[[], Kept], wait: Callable[[int], None]) -> Any:
        """What `make` gives for this key, worked out once; whoever asks meanwhile waits for it.

        Who waits is asked again and again by `wait`, which hears how many are before them, 0 for the same input of somebody else,
        and may raise to leave. The first part of the key is the line. Busy where that is full.
        """
        while not self._mine(key):
            if (kept := self._touched(key)) is not None:
                return kept.value
            wait(0)
        try:
            with self._turn(key[0], wait):
                found = make()
            self._keep(key, found)
            return found.value
        finally:
            with self._changed:
                self._made.discard(key)
                self._changed.notify_all()

    def forget(self, line: Hashable) -> None:
        """All results of a line, whose model is another one now."""
        with self._changed:
            for key in [key for key in self._kept if key[0] == line]:
                del self._kept[key]

    def _mine(self, key: Key) -> bool:
        """Whether it is for this visitor to work it out; waits a moment where it is not, and the result is not there either."""
        with self._changed:
            if key in self._kept:
                return False
            if key not in self._made:
                self._made.add(key)
                return True
            self._changed.wait(POLL)
            return False

    def _touched(self, key: Key) -> Kept | None:
        with self._changed:
            if (found := self._kept.pop(key, None)) is not None:
                self._kept[key] = found
            return found

    def _keep(self, key: Key, found: Kept) -> None:
        with self._changed:
            self._kept[key] = found
            while len(self._kept) > self.most or (len(self._kept) > 1 and self._bytes() > self.most_bytes):
                del self._kept[next(iter(self._kept))]

    def _bytes(self) -> int:
        return sum(each.bytes for each in self._kept.values())

    @contextmanager
    def _turn(self, name: Hashable, wait: Callable[[int], None]) -> Iterator[None]:
        """Within it one works; who works already and needs another result for that does not stand in line once more."""
        if getattr(self._inside, "working", False):
            yield
            return
        ticket = object()
        with self._changed:
            line = self._lines.setdefault(name, [])
            if len(line) >= self.at_once + self.waiting:
                raise Busy(f"{len(line)} others wait for {name}", "try again in a minute")
            line.append(ticket)
        try:
            while (before := self._before(line, ticket)) > 0:
                wait(before)
            self._inside.working = True
            yield
        finally:
            self._inside.working = False
            with self._changed:
                line.remove(ticket)
                self._changed.notify_all()

    def _before(self, line: list[object], ticket: object) -> int:
        """How many must finish first; waits a moment where there are any."""
        with self._changed:
            before = line.index(ticket) - self.at_once + 1
            if before > 0:
                self._changed.wait(POLL)
            return max(0, line.index(ticket) - self.at_once + 1)
