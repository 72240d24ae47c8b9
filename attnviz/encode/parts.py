"""Moments that stand in several columns: a date and a time, a date and an hour, or year, month and day."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from attnviz.encode.calendar import MICRO, Times, raggedness
from attnviz.encode.dates import SAMPLE, Ints, clock_of, days_of
from attnviz.encode.months import month_of

Columns = Mapping[str, Sequence[str]]

NAMES = {
    "year": {"year", "yr", "yyyy", "jahr", "année", "annee", "año", "ano", "anno", "jaar", "y"},
    "month": {"month", "mon", "mo", "mm", "monat", "mois", "mes", "mese", "maand", "m"},
    "day": {"day", "dd", "tag", "jour", "día", "dia", "giorno", "dag", "mday", "d"},
    "hour": {"hour", "hr", "hh", "stunde", "heure", "hora", "ora", "uur", "h"},
    "minute": {"minute", "min", "mi", "minuten", "minuto"},
    "second": {"second", "sec", "ss", "sekunde", "seconde", "segundo"},
}
QUARTERS = {"quarter", "qtr", "q", "quartal", "trimestre", "kvartal", "kwartaal"}


def of_several(columns: Columns, dates: Mapping[str, Times]) -> tuple[dict[str, Times], set[str]]:
    """Name of the joined columns -> (row,) moments, none where there is nothing to join; and which columns went into them."""
    named = _of_named(columns)
    if named is not None:
        return named
    for name, moments in dates.items():
        known = moments[~np.isnat(moments)]
        if (known == known.astype("datetime64[D]")).all() and len(np.unique(known)) < max(len(known), 2):
            found = _with_clock(name, moments, columns, set(dates))
            if found is not None:
                return found
    return {}, set()


def _with_clock(name: str, moments: Times, columns: Columns, dated: set[str]) -> tuple[dict[str, Times], set[str]] | None:
    """A date that comes several times, with the column that tells its rows apart."""
    best: tuple[float, str, Times] | None = None
    for other, cells in columns.items():
        clock = None if other in dated else _clock(cells, other)
        if clock is None or not np.array([bool(cell) for cell in cells])[~np.isnat(moments)].all():
            continue
        if best is None or raggedness(moments + clock) < best[0]:
            best = raggedness(moments + clock), other, moments + clock
    if best is None or best[0] >= raggedness(moments):
        return None
    return {f"{name}, {best[1]}": best[2]}, {best[1]}


def _clock(cells: Sequence[str], name: str) -> NDArray[np.timedelta64] | None:
    """Times of day, or whole hours from 0 to 24, or 0 to 2359, under a name for hours or times."""
    if clock_of([cell for cell in cells[:SAMPLE] if cell]) is not None:
        return clock_of([cell or "0:00" for cell in cells])
    if not all(cell.isdecimal() and len(cell) < 5 for cell in cells if cell):
        return None
    values = np.array([int(cell or 0) for cell in cells])
    if values.max(initial=0) <= 24 and len(np.unique(values)) > 1:
        return (values * 3600 * MICRO).astype("timedelta64[us]")
    whole = (values % 100 < 60).all() and values.max(initial=0) <= 2400 and values.max(initial=0) >= 100
    told = {"time", "zeit", "hora", "heure", "hhmm", "hour"} & {name.casefold()}
    return ((values // 100 * 3600 + values % 100 * 60) * MICRO).astype("timedelta64[us]") if whole and told else None


def _of_named(columns: Columns) -> tuple[dict[str, Times], set[str]] | None:
    """Of year and month, and what else there is down to the second."""
    places = {part: next((name for name in columns if name.casefold() in known), None) for part, known in NAMES.items()}
    quarter = next((name for name in columns if name.casefold() in QUARTERS), None)
    if places["month"] is None and quarter is not None:
        firsts = [str(3 * int(cell[-1]) - 2) if cell[-1:] in ("1", "2", "3", "4") else cell for cell in columns[quarter]]
        columns, places["month"] = {**columns, quarter: firsts}, quarter
    taken: dict[str, str] = {}
    for part, name in places.items():
        if name is None:
            break
        taken[part] = name
    if len(taken) < 2:
        return None
    parts: dict[str, Ints] = {}
    for part, name in taken.items():
        if (values := _whole(columns[name], part)) is None:
            return None
        parts[part] = values
    day = parts.get("day", np.ones_like(parts["year"]))
    moments = _moments(parts["year"], parts["month"], day, [parts.get(part) for part in ("hour", "minute", "second")])
    return None if moments is None else ({", ".join(taken.values()): moments}, set(taken.values()))


def _moments(year: Ints, month: Ints, day: Ints, clock: Sequence[Ints | None]) -> Times | None:
    days = days_of(year, month, day)
    if days is None:
        return None
    moments = days.astype("datetime64[us]")
    for values, unit, most in zip(clock, (3600, 60, 1), (24, 59, 60), strict=True):
        if values is not None:
            if ((values < 0) | (values > most)).any():
                return None
            moments = moments + (values * unit * MICRO).astype("timedelta64[us]")
    return np.asarray(moments)


def _whole(cells: Sequence[str], part: str) -> Ints | None:
    """The column as whole numbers; months may be names."""
    found = [month_of(cell.rstrip(".")) if part == "month" and cell.rstrip(".").isalpha() else _number(cell) for cell in cells]
    return None if None in found else np.array(found, dtype=np.int64)


def _number(cell: str) -> int | None:
    whole = cell.removesuffix(".0")
    return int(whole) if whole.isdecimal() and len(whole) < 5 else None
