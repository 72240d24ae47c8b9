"""Whole numbers that stand for moments: 20240131, 202401, 2024, seconds since 1970, days of a spreadsheet; on evidence."""

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from attnviz.encode.calendar import DAY, MICRO, Times, raggedness
from attnviz.encode.dates import SAMPLE, days_of

Values = NDArray[np.float64]

# Words by which a column says that it holds dates.
DATED = {
    "date", "dates", "datetime", "day", "days", "time", "timestamp", "unix", "epoch", "ts", "ds", "dt", "when", "period", "month",
    "year", "years", "yyyymmdd", "yyyymm", "datum", "tag", "zeit", "monat", "jahr", "zeitpunkt", "zeitstempel", "fecha", "hora",
    "dia", "mes", "año", "ano", "data", "jour", "mois", "année", "annee", "anno", "giorno", "mese", "dag", "maand", "tijd",
    "week", "unixtime", "fy",
}  # fmt: skip
FIRST, LAST = np.datetime64("1900-01-01", "us"), np.datetime64("2101-01-01", "us")
EARLIEST = np.datetime64("1500-01-01", "us")  # under a name for dates
SHEET = np.datetime64("1899-12-30", "us")  # day 0 of spreadsheets
STEADY = 0.2  # raggedness up to which steps are evidence
FEW = 4  # rows below which steps are none

_DIGITS = re.compile(r"\d+")
_DECIMAL = re.compile(r"\d+\.\d+")
_SINCE_1970 = {10: MICRO, 13: 1000, 16: 1, 19: 0.001}  # digits -> microseconds in one


def said_dated(name: str) -> bool:
    """Whether a column's name has a word for dates in it."""
    return bool(DATED & set(re.split(r"[\W\d_]+", name.casefold()))) or name.casefold() in DATED


def read_stamps(cells: Sequence[str], name: str) -> tuple[Times, str] | None:
    """(row,) moments, NaT where a cell is empty, and a sentence on how numbers became dates; None where they are none.

    The column's name says that they are dates, or their steps do: such as are even in the calendar, or even at all.
    """
    places = [place for place, cell in enumerate(cells) if cell]
    filled = [cells[place] for place in places]
    if not filled or not all(map(_NUMBER.fullmatch, filled)):
        return None
    named = said_dated(name)
    first = EARLIEST if named else FIRST
    for read in _WAYS:
        moments = np.full(len(cells), "NaT", dtype="datetime64[us]")
        if read(filled[:SAMPLE]) is None or (found := read(filled)) is None or (found < first).any() or (found >= LAST).any():
            continue
        moments[places] = found
        if named or _steady(found):
            return moments, f"“{name}” was read as dates: {filled[0][:30]} is {_short(moments[places[0]])}."
    return None


_NUMBER = re.compile(r"\d+(\.\d+)?")


def _steady(moments: Times) -> bool:
    return len(moments) >= FEW and len(np.unique(moments)) > FEW - 1 and raggedness(moments) <= STEADY


def _short(moment: np.datetime64) -> str:
    text = str(moment).replace("T", " ")
    return text.removesuffix(".000000").removesuffix(" 00:00:00")


def _whole(filled: Sequence[str], lengths: set[int]) -> bool:
    return (
        {len(cell) for cell in filled} <= lengths
        and len({len(cell) for cell in filled}) == 1
        and all(map(_DIGITS.fullmatch, filled))
    )


def _compact(filled: Sequence[str]) -> Times | None:
    """20240131, with hour, minute and second behind it or not; 202401; 2024."""
    if not _whole(filled, {4, 6, 8, 10, 12, 14}):
        return None
    parts = [np.array([int(cell[start:stop]) if len(cell) >= stop else one for cell in filled]) for start, stop, one in _PARTS]
    year, month, day, hour, minute, second = parts
    days = days_of(year, month, day)
    if days is None or ((hour > 23) | (minute > 59) | (second > 59)).any():
        return None
    return np.asarray(days.astype("datetime64[us]") + ((3600 * hour + 60 * minute + second) * MICRO).astype("timedelta64[us]"))


_PARTS = ((0, 4, 1), (4, 6, 1), (6, 8, 1), (8, 10, 0), (10, 12, 0), (12, 14, 0))


def _since_1970(filled: Sequence[str]) -> Times | None:
    """Seconds, thousandths, millionths or billionths of them."""
    lengths = {len(cell.partition(".")[0]) for cell in filled}
    if len(lengths) != 1 or (digits := lengths.pop()) not in _SINCE_1970:
        return None
    micro = np.array([round(float(cell) * _SINCE_1970[digits]) for cell in filled], dtype=np.int64)
    return micro.astype("datetime64[us]")


def _parts_of_years(filled: Sequence[str]) -> Times | None:
    """1950.0417, 1950.125: years with the part of them that went by; in twelfths they are months."""
    if not all(map(_DECIMAL.fullmatch, filled)) or {len(cell.partition(".")[0]) for cell in filled} != {4}:
        return None
    years = np.array([float(cell) for cell in filled])
    gaps = np.diff(years)
    if len(years) < FEW or gaps.min() <= 0:
        return None
    months = 12 * float(np.median(gaps))
    if abs(months - round(months)) > 0.05:
        return None
    return np.floor((years - 1970) * 12 + 0.02).astype(np.int64).astype("datetime64[M]").astype("datetime64[us]")


def _days_of_sheets(filled: Sequence[str]) -> Times | None:
    """45292: days since the end of 1899, as a spreadsheet counts them, from 1950 to 2070."""
    days = np.array([float(cell) for cell in filled])
    if ((days < 18_264) | (days > 62_000)).any() or len(np.unique(days)) < FEW or raggedness(_from_sheet(days)) > STEADY:
        return None
    return _from_sheet(days)


def _from_sheet(days: Values) -> Times:
    return np.asarray(SHEET + np.rint(days * DAY).astype(np.int64) * np.timedelta64(MICRO, "us"))


_WAYS: tuple[Callable[[Sequence[str]], Times | None], ...] = (_compact, _since_1970, _parts_of_years, _days_of_sheets)
