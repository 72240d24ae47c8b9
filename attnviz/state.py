"""What can be chosen, declared once: from one table follow the widget, the address, the session file and the shell option.

A choice has a name, which is an id and stands in addresses and files, and a label, which is English and stands nowhere else.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Protocol

from attnviz.errors import InputError

LONGEST = 10_000  # characters of numbers in an address
Chosen = Mapping[str, Any]  # name of a choice -> its value


class Allowed(Protocol):
    """What a value can be, and how it is written: `read` raises ValueError for a text that stands for nothing allowed."""

    @property
    def said(self) -> str:
        """What is allowed, as the end of a sentence."""

    def read(self, text: str) -> Any: ...

    def write(self, value: Any) -> str: ...


@dataclass(frozen=True)
class OneOf:
    """One of some values, each written as `str` writes it; `says` gives what a visitor reads. `listed`: in a list, however few."""

    values: Sequence[Any]
    says: Callable[[Any], str] = str
    listed: bool = False

    @property
    def said(self) -> str:
        return f"one of {', '.join(map(self.write, self.values))}" if self.values else "nothing here"

    def read(self, text: str) -> Any:
        """The value that is written so."""
        return self.values[[self.write(value) for value in self.values].index(text)]

    def write(self, value: Any) -> str:
        return str(value)


@dataclass(frozen=True)
class Whole:
    """A whole number from `low` to `high`, both included; `walks`: one is looked at after the other. `form` as a slider has it."""

    low: int
    high: int
    walks: bool = False
    form: str = "%d"

    @property
    def said(self) -> str:
        return f"a whole number from {self.low:,} to {self.high:,}"

    def read(self, text: str) -> int:
        value = int(text)
        if not self.low <= value <= self.high:
            raise ValueError(text)
        return value

    def write(self, value: int) -> str:
        return str(value)


@dataclass(frozen=True)
class Real:
    """A number from `low` to `high`, both included, in steps."""

    low: float
    high: float
    step: float

    @property
    def said(self) -> str:
        return f"a number from {self.low:g} to {self.high:g}"

    def read(self, text: str) -> float:
        value = float(text)
        if not self.low <= value <= self.high:
            raise ValueError(text)
        return value

    def write(self, value: float) -> str:
        return f"{value:g}"


@dataclass(frozen=True)
class OnOff:
    """Yes or no, written 1 or 0."""

    @property
    def said(self) -> str:
        return "1 or 0"

    def read(self, text: str) -> bool:
        return bool(("0", "1").index(text))

    def write(self, value: bool) -> str:
        return str(int(value))


@dataclass(frozen=True)
class SomeOf:
    """Any number of some values, at most `most`, as a tuple; written with commas between them."""

    values: Sequence[Any]
    says: Callable[[Any], str] = str
    most: int = 5

    @property
    def said(self) -> str:
        return f"at most {self.most} of {', '.join(map(str, self.values))}"

    def read(self, text: str) -> tuple[Any, ...]:
        """The values in the order in which they are written, each once."""
        known = {str(value): value for value in self.values}
        names = [name for name in text.split(",") if name]
        if len(set(names)) < len(names) or len(names) > self.most or not known.keys() >= set(names):
            raise ValueError(text)
        return tuple(known[name] for name in names)

    def write(self, value: Sequence[Any]) -> str:
        return ",".join(map(str, value))


@dataclass(frozen=True)
class Places:
    """Any number of places, at most `most`, each of `axes` whole numbers; written "3.9,4.0", and with one axis as numbers.

    `rows`: how many places each row has, where a place is a row and a number in it.
    """

    axes: int = 1
    most: int = 64
    rows: Sequence[int] | None = None

    @property
    def said(self) -> str:
        return f"at most {self.most} places, as {','.join('.'.join(str(i + j) for j in range(self.axes)) for i in (3, 5))}"

    def read(self, text: str) -> tuple[Any, ...]:
        """The places, in order; numbers alone where there is one axis."""
        found = sorted({tuple(map(int, part.split("."))) for part in text.split(",") if part})
        if len(found) > self.most or not all(len(place) == self.axes and self._is_one(place) for place in found):
            raise ValueError(text)
        return tuple(place if self.axes > 1 else place[0] for place in found)

    def _is_one(self, place: tuple[int, ...]) -> bool:
        return min(place) >= 0 and (self.rows is None or (place[0] < len(self.rows) and place[1] < self.rows[place[0]]))

    def write(self, value: Sequence[Any]) -> str:
        return ",".join(".".join(map(str, place)) if self.axes > 1 else str(place) for place in value)

    def toggled(self, value: Sequence[Any], place: Any) -> tuple[Any, ...]:
        """With the place where it was not among them, and without it where it was."""
        return tuple(sorted(set(value) ^ {place}))


@dataclass(frozen=True)
class Text:
    """Any text of at most `longest` characters. What reads it further on may still refuse it."""

    longest: int

    @property
    def said(self) -> str:
        return f"a text of at most {self.longest:,} characters"

    def read(self, text: str) -> str:
        if len(text) > self.longest:
            raise ValueError(text)
        return text

    def write(self, value: str) -> str:
        return value


@dataclass(frozen=True)
class Numbers:
    """Rows of `width` finite numbers, from `least` to `most` rows, as tuples; written "0.2,1.1;0.5,2"."""

    width: int
    least: int = 1
    most: int = 1

    @property
    def said(self) -> str:
        return f"rows of {self.width} numbers, as {';'.join([','.join('1' * self.width)] * self.least)}, at most {self.most} rows"

    def read(self, text: str) -> tuple[tuple[float, ...], ...]:
        rows = tuple(tuple(map(float, row.split(","))) for row in text[:LONGEST].split(";"))
        whole = len(text) <= LONGEST and self.least <= len(rows) <= self.most
        if not whole or any(len(row) != self.width or not all(map(isfinite, row)) for row in rows):
            raise ValueError(text)
        return rows

    def write(self, value: Sequence[Sequence[float]]) -> str:
        return ";".join(",".join(f"{number:g}" for number in row) for row in value)


@dataclass(frozen=True)
class Window:
    """Some rows and some columns of a map with `length` positions a side, as two ranges; written "100:164,0:64"."""

    length: int

    @property
    def said(self) -> str:
        return f"rows and columns, as 100:164,0:64, of {self.length:,}"

    def read(self, text: str) -> tuple[range, range]:
        rows, columns = (self._span(part) for part in text.split(","))
        return rows, columns

    def _span(self, text: str) -> range:
        first, last = map(int, text.split(":"))
        if not 0 <= first < last <= self.length:
            raise ValueError(text)
        return range(first, last)

    def write(self, value: tuple[range, range]) -> str:
        return ",".join(f"{part.start}:{part.stop}" for part in value)

    def fitted(self, rows: tuple[float, float], columns: tuple[float, float], least: int = 1) -> tuple[range, range]:
        """The window of first and last rows and columns, in any order; it is moved and grown to fit."""
        return self._within(rows, least), self._within(columns, least)

    def _within(self, ends: tuple[float, float], least: int) -> range:
        first, last = sorted(min(max(round(end), 0), self.length - 1) for end in ends)
        size = min(max(last - first + 1, least), self.length)
        start = min(max((first + last + 1 - size) // 2, 0), self.length - size)
        return range(start, start + size)


@dataclass(frozen=True)
class Choice:
    """One thing that a visitor chooses. `more`: its widget stands behind "More"; `help`: two sentences at most.

    `clicked`: it has no widget, and is chosen by a click on a figure.
    """

    name: str
    label: str
    allowed: Allowed
    default: Any
    help: str = ""
    more: bool = False
    clicked: bool = False

    def read(self, text: str) -> Any:
        """The value of a text; InputError with what is allowed."""
        try:
            return self.allowed.read(text)
        except ValueError:
            raise InputError(f"“{text[:40]}” is no {self.name}", f"it is {self.allowed.said}") from None


def settled(choices: Iterable[Choice], texts: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The value of each choice, its default where its text is not allowed; and for each of those the sentence that says so."""
    values, refused = {}, {}
    for choice in choices:
        values[choice.name] = choice.default
        if choice.name in texts:
            try:
                values[choice.name] = choice.read(texts[choice.name])
            except InputError as error:
                refused[choice.name] = str(error)
    return values, refused


def chosen(choices: Sequence[Choice], texts: Mapping[str, str]) -> dict[str, Any]:
    """The same where everything has to be right, in the shell and in a notebook; InputError where something is not."""
    names = [choice.name for choice in choices]
    for unknown in [name for name in texts if name not in names]:
        raise InputError(f"there is no choice called “{unknown[:40]}”", f"choices are {', '.join(names) or 'none'}")
    values, refused = settled(choices, texts)
    for sentence in refused.values():
        raise InputError(sentence)
    return values
