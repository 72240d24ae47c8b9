"""Dates of a table: read in one format a column, and the even steps that they stand at."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.datetime64]

_DAYS = (
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y",
    "%d %b %Y", "%b %d, %Y", "%d %B %Y", "%B %d, %Y", "%d-%b-%Y", "%d-%b-%y",
)  # fmt: skip
_HOURS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
# None that a number could be taken for.
_MONTHS = ("%Y-%m", "%Y/%m", "%m/%Y", "%b %Y", "%B %Y", "%b-%Y", "%b-%y")
FORMATS = (*(day + hour for day in _DAYS for hour in _HOURS), *_MONTHS)

_ISO = re.compile(r"\d{4}-?\d\d-?\d\d([T ]\d\d(:?\d\d){0,2}([.,]\d+)?)?\s*(Z|[+-]\d\d(:?\d\d)?)?")
_QUARTER = re.compile(r"(\d{4})[ -]?[Qq]([1-4])")
_YEAR = re.compile(r"[12]\d{3}")
_UNIX = re.compile(r"\d{9,10}(\d{3})?(\.\d+)?")
# Whole numbers are dates only under a name that says so.
YEARS = {"year", "years", "jahr", "année", "annee", "año", "date", "time"}
SECONDS = {"time", "timestamp", "unix", "epoch", "date", "datetime", "ts", "unixtime", "unix_time", "unix timestamp"}

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
OFF_GRID = 0.25  # of a step: what is farther off stands at no step
UNEVEN = 0.02


def read_dates(cells: Sequence[str], name: str) -> tuple[Times, str] | None:
    """(row,) moments in seconds, NaT where a cell is empty, and a note on how they were read or ""; None where they are no dates.

    Every cell has to be a date in the same format. Where day and month can be told apart in two ways, the one with the more even
    steps is taken.
    """
    filled = [cell for cell in cells if cell]
    if not filled:
        return None
    for whole, parse in _WHOLE:
        if whole(filled, name):
            return _moments(cells, parse), ""
    fitting = [_moments(cells, partial(_formatted, how=how)) for how in _formats(filled)]
    if not fitting:
        return None
    best = min(fitting, key=_raggedness)  # the first of them where several are as even
    same = all(np.array_equal(best, other, equal_nan=True) for other in fitting)
    return best, "" if same else f"The dates were read as {_spelled(best, cells)}."


def _formats(filled: Sequence[str]) -> list[str]:
    """The formats in which every cell can be read."""
    fitting = [how for how in FORMATS if _fits(filled[0], how)]
    return [how for how in fitting if all(_fits(cell, how) for cell in filled)]


def _formatted(cell: str, how: str) -> datetime:
    return _naive(datetime.strptime(cell, how))


def _fits(cell: str, how: str) -> bool:
    try:
        datetime.strptime(cell, how)
    except ValueError:
        return False
    return True


def _iso(cell: str) -> datetime:
    moment = datetime.fromisoformat(cell.replace(",", ".").replace(" Z", "Z"))
    return _naive(moment.astimezone(UTC) if moment.tzinfo else moment)


def _is_iso(filled: Sequence[str], name: str) -> bool:
    if not all(map(_ISO.fullmatch, filled)) or (all(cell.isdecimal() for cell in filled) and name.casefold() not in SECONDS):
        return False
    try:
        for cell in filled:
            _iso(cell)
    except (ValueError, OverflowError):
        return False
    return True


def _quarter(cell: str) -> datetime:
    match = _QUARTER.fullmatch(cell)
    assert match
    return datetime(int(match[1]), 3 * int(match[2]) - 2, 1)


def _unix(cell: str) -> datetime:
    seconds = float(cell)
    return _naive(datetime.fromtimestamp(seconds / (1000 if seconds > 1e11 else 1), UTC))


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None, microsecond=0)


# Ways that are told by their look or by the column's name: whether all cells are so, and how one is read.
_WHOLE: tuple[tuple[Callable[[Sequence[str], str], bool], Callable[[str], datetime]], ...] = (
    (_is_iso, _iso),
    (lambda filled, _: all(map(_QUARTER.fullmatch, filled)), _quarter),
    (lambda filled, name: name.casefold() in YEARS and all(map(_YEAR.fullmatch, filled)), lambda cell: datetime(int(cell), 1, 1)),
    (lambda filled, name: name.casefold() in SECONDS and all(map(_UNIX.fullmatch, filled)), _unix),
)


def _moments(cells: Sequence[str], parse: Callable[[str], datetime]) -> Times:
    found = [np.datetime64(parse(cell), "s") if cell else np.datetime64("NaT", "s") for cell in cells]
    return np.array(found, dtype="datetime64[s]")


def _raggedness(moments: Times) -> int:
    """How many steps differ from the most frequent one, backward ones twice."""
    steps = np.diff(moments[~np.isnat(moments)]).astype(np.int64)
    if not steps.size:
        return 0
    _, counts = np.unique(steps, return_counts=True)
    return int(steps.size - counts.max() + (steps <= 0).sum())


def _spelled(moments: Times, cells: Sequence[str]) -> str:
    """How the first date was read, of those that could have been read in two ways."""
    at = next((i for i, cell in enumerate(cells) if cell), 0)
    return f"day and month so that “{cells[at][:30]}” is {str(moments[at])[:10]}, which gives the most even steps"
