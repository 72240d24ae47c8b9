"""Dates of a table: the form that a whole column is written in, and which of its numbers is the day, on evidence."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attnviz.encode.calendar import MICRO, Times, raggedness
from attnviz.encode.months import month_of

Ints = NDArray[np.int64]

_SHIFT = r"(?:\s*(?P<Z>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?))?"
CLOCK = r"(?P<H>\d{1,2})(?:[:.h](?P<M>\d\d)(?:[:.](?P<S>\d\d)(?:[.,:](?P<F>\d{1,9}))?)?)?\s*(?P<P>[AaPp]\.?[Mm]\.?)?"
_BEHIND = rf"(?:(?:\s*[Tt,]\s*|\s+(?:-\s+)?){CLOCK}{_SHIFT})?"
_NAME = r"(?P<n>[^\W\d_]{3,})\.?"
_TEXT_YEAR = r"['’]?(?P<y>\d{4}|\d\d)"
_ORDINAL = r"(?P<d>\d{1,2})(?:st|nd|rd|th|er|\.)?"
_WEEKDAY = r"(?:[^\W\d_]{2,10}\.?,?\s+)?"
# Of each the whole cell, with a clock behind it where that makes sense.
FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{_WEEKDAY}(?P<a>\d{{4}}|\d{{1,2}})(?P<s>[-/.]|\s)\s?(?P<b>\d{{1,2}})(?P=s)\s?(?P<c>\d{{4}}|\d{{1,2}})\.?{_BEHIND}",
        rf"{_WEEKDAY}{_ORDINAL}[-\s/.]*(?:de\s+|of\s+)?{_NAME}[-\s/.,]*(?:de\s+)?{_TEXT_YEAR}{_BEHIND}",
        rf"{_WEEKDAY}{_NAME}[-\s]*{_ORDINAL},?[-\s]+(?P<y>\d{{4}}){_BEHIND}",
        rf"{_WEEKDAY}(?P<y>\d{{4}})[-\s/.]*{_NAME}[-\s/.]*{_ORDINAL}{_BEHIND}",
        rf"{_WEEKDAY}{_NAME}\s+{_ORDINAL}\s+{CLOCK}(?:\s+[A-Z]{{3,4}})?\s+(?P<y>\d{{4}})",
        rf"(?P<y>\d{{4}})(?P<m>\d\d)(?P<d>\d\d)[Tt\s_](?P<H>\d\d):?(?P<M>\d\d)?(?::?(?P<S>\d\d)(?:[.,](?P<F>\d{{1,9}}))?)?{_SHIFT}",
        r"(?P<y>\d{4})\s?[-/Mm]\s?(?P<m>\d{1,2})",
        r"(?P<m>\d{1,2})[-/](?P<y>\d{4})",
        rf"{_NAME}[-\s/,]*{_TEXT_YEAR}",
        rf"(?P<y>\d{{4}})[-\s/]*{_NAME}",
        r"(?P<y>\d{4})[-\s/:]*(?:Q|T|Qtr)\s?(?P<q>[1-4])",
        rf"(?:Q\s?(?P<q>[1-4])|(?P<q2>[1-4])\.?\s?(?:Q|Quartal))[-\s/]*{_TEXT_YEAR}",
        r"(?P<y>\d{4})[-\s]*W(?:eek)?\s?(?P<w>\d{1,2})(?:-(?P<k>[1-7]))?",
        r"(?P<y>\d{4})-(?P<j>\d{3})" + _BEHIND,
    )
)
_ISO = re.compile(r"[12]\d{3}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)?", re.ASCII)
SAMPLE = 60  # cells on which forms are settled before all are read
PIVOT = 69  # two digits from here on are of the last century, as in POSIX


def read_dates(cells: Sequence[str]) -> tuple[Times, str] | None:
    """(row,) moments in microseconds, NaT where a cell is empty, and a note on how they were read or ""; None where they are none.

    Every cell has to be a date in the same form. Where day and month can be told apart in two ways, the one with the more even
    steps is taken, and said.
    """
    places = [place for place, cell in enumerate(cells) if cell]
    filled = [cells[place] for place in places]
    if not filled or not any(character.isdigit() for character in filled[0]):
        return None
    if all(map(_ISO.fullmatch, filled)):
        return _iso(filled, places, len(cells))
    for form in FORMS:
        if all(map(form.fullmatch, filled[:SAMPLE])) and all(matches := [form.fullmatch(cell) for cell in filled]):
            readings = _readings([match.groupdict() for match in matches if match], form)
            if readings:
                return _chosen(readings, cells, places)
    return None


def _iso(filled: list[str], places: list[int], rows: int) -> tuple[Times, str] | None:
    """The usual way to write them, read by numpy, which is quick."""
    moments = np.full(rows, "NaT", dtype="datetime64[us]")
    try:
        moments[places] = np.array(filled, dtype="datetime64[us]")
    except ValueError:
        return None
    return moments, ""


def is_date(cell: str) -> bool:
    """Whether a cell by itself is a date that is no plain number."""
    return read_dates([cell]) is not None


def _chosen(readings: list[Times], cells: Sequence[str], places: Sequence[int]) -> tuple[Times, str]:
    """The reading with the most even steps, and where that is close, a sentence on it."""
    found = [np.full(len(cells), "NaT", dtype="datetime64[us]") for _ in readings]
    for moments, reading in zip(found, readings, strict=True):
        moments[list(places)] = reading
    ragged = [raggedness(moments) for moments in found]
    best = found[int(np.argmin(ragged))]  # the first of them where several are as even
    if all(np.array_equal(best, other, equal_nan=True) for other in found):
        return best, ""
    alike = sum(value <= min(ragged) + 1e-9 for value in ragged) > 1
    why = "though the other way would be as even" if alike else "which gives the most even steps"
    cell = cells[places[0]][:30]
    return best, f"The dates were read as day and month so that “{cell}” is {str(best[places[0]])[:10]}, {why}."


def _readings(groups: list[dict[str, Any]], form: re.Pattern[str]) -> list[Times]:
    """Moments in every way in which all cells are dates; none where there is no such way."""
    columns = {name: [group[name] for group in groups] for name in form.groupindex}
    clock = _clock(columns)
    if clock is None:
        return []
    days = _triples(columns) if "a" in columns else [_day(columns)]
    return [np.asarray(day.astype("datetime64[us]") + clock) for day in days if day is not None]


def _triples(columns: dict[str, list[Any]]) -> Sequence[Times | None]:
    """Days of three numbers, in every order that has them all in the calendar, and that people use."""
    a, b, c = (np.array([int(each) for each in columns[name]]) for name in "abc")
    long_first, long_last = ({len(each) == 4 for each in columns[name]} for name in "ac")
    if long_first == {True}:
        return [found for found in (days_of(a, b, c), days_of(a, c, b)) if found is not None][:1]
    if long_last == {True}:
        return _day_first([days_of(c, b, a), days_of(c, a, b)], columns)
    if long_first == long_last == {False} and {len(each) for each in columns["c"]} == {2}:
        return _day_first([days_of(_century(c), b, a), days_of(_century(c), a, b), days_of(_century(a), b, c)], columns)
    return []


def _day_first(readings: list[Times | None], columns: dict[str, list[Any]]) -> list[Times | None]:
    """Where points stand between the numbers nobody writes the month first."""
    return readings[:1] if readings[0] is not None and set(columns["s"]) == {"."} else readings


def _day(columns: dict[str, list[Any]]) -> Times | None:
    """Days of named parts: year with month, quarter, week or day of the year."""
    numbers = {name: _numbers(columns[name]) for name in "ymdqwkj" if name in columns}
    year = np.where([len(each) == 2 for each in columns["y"]], _century(numbers["y"]), numbers["y"])
    one = np.ones_like(year)
    if "n" in columns:
        months = [month_of(each) for each in columns["n"]]
        return None if None in months else days_of(year, np.array(months, dtype=np.int64), numbers.get("d", one))
    if "q" in numbers:
        quarter = numbers["q"] + (_numbers(columns["q2"]) if "q2" in columns else 0)
        return days_of(year, 3 * quarter - 2, one)
    if "w" in numbers:
        return _weeks(year, numbers["w"], np.maximum(numbers["k"], 1))
    if "j" in numbers:
        start = days_of(year, one, one)
        inside = (numbers["j"] >= 1) & (numbers["j"] <= 366)
        return None if start is None or not inside.all() else np.asarray(start + (numbers["j"] - 1).astype("timedelta64[D]"))
    return days_of(year, numbers["m"], numbers.get("d", one))


def days_of(year: Ints, month: Ints, day: Ints) -> Times | None:
    """(any,) days; None where one is in no calendar, or of no century that files speak of."""
    if ((month < 1) | (month > 12) | (day < 1) | (year < 1000) | (year > 2999)).any():
        return None
    months = (12 * (year - 1970) + month - 1).astype("datetime64[M]")
    days = months.astype("datetime64[D]") + (day - 1).astype("timedelta64[D]")
    return np.asarray(days) if (days.astype("datetime64[M]") == months).all() else None


def _weeks(year: Ints, week: Ints, weekday: Ints) -> Times | None:
    """Of weeks by ISO 8601, of which the first holds the fourth of January; without a weekday their Mondays."""
    fourth = days_of(year, np.ones_like(year), np.full_like(year, 4))
    if fourth is None or ((week < 1) | (week > 53)).any():
        return None
    monday = fourth - ((fourth.astype(np.int64) + 3) % 7).astype("timedelta64[D]")
    return np.asarray(monday + (7 * (week - 1) + weekday - 1).astype("timedelta64[D]"))


def _clock(columns: dict[str, list[Any]]) -> NDArray[np.timedelta64] | None:
    """(any,) since midnight, in the zone of Greenwich where there are several; None where there is no such time."""
    if "H" not in columns:
        return np.zeros(len(columns["y"]), dtype="timedelta64[us]")
    hour, minute, second = (_numbers(columns[name]) for name in "HMS")
    micro = np.array([int((each or "0").ljust(6, "0")[:6]) for each in columns["F"]]) if "F" in columns else np.zeros_like(hour)
    if "P" in columns and any(columns["P"]):
        late = np.array([(each or "a")[0] in "pP" for each in columns["P"]])
        hour = np.where([bool(each) for each in columns["P"]], hour % 12 + 12 * late, hour)
    seconds = 3600 * hour + 60 * minute + second
    if ((minute > 59) | (second > 60) | (seconds > 86_400)).any():
        return None
    offsets = np.array([_offset(each) for each in columns["Z"]]) if "Z" in columns else np.zeros_like(seconds)
    if np.ptp(offsets):  # clocks of one zone stay as they are written
        seconds = seconds - offsets
    return (seconds * MICRO + micro).astype("timedelta64[us]")


def clock_of(cells: Sequence[str]) -> NDArray[np.timedelta64] | None:
    """(row,) times of day, as 13:30, 13.30.00 or 1:30 pm; None where one cell is none."""
    matches: list[re.Match[str]] = []
    for cell in cells:
        match = _TIME.fullmatch(cell)
        if match is None or not (match["M"] or match["P"]):
            return None
        matches.append(match)
    if not matches:
        return None
    if any("." in cell and ":" not in cell and cell.count(".") < 2 for cell in cells):  # 13.30 may as well be a number
        return None
    return _clock({name: [match[name] for match in matches] for name in _TIME.groupindex})


_TIME = re.compile(CLOCK)


def _offset(zone: str | None) -> int:
    """Seconds east of Greenwich."""
    if not zone or zone[0] not in "+-":
        return 0
    digits = zone[1:].replace(":", "")
    return (3600 * int(digits[:2]) + 60 * int(digits[2:] or 0)) * (-1 if zone[0] == "-" else 1)


def _numbers(texts: Sequence[str | None]) -> Ints:
    return np.array([int(text or 0) for text in texts], dtype=np.int64)


def _century(year: Ints) -> Ints:
    return np.where(year < PIVOT, 2000, 1900) + year
