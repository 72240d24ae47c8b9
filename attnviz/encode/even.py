"""A column of a table, or plain numbers, in even steps: put in order, doubles averaged, small gaps filled; large ones refused."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from attnviz.encode.calendar import Calendar, calendar_of
from attnviz.encode.table import Table, read_table
from attnviz.errors import InputError
from attnviz.limits import LIMITS

Values = NDArray[np.float64]
Given = bytes | Table | Sequence[float] | Values

MOST_FILLED = 0.2
LONGEST_GAP = 0.1
OTHERS = 5  # columns that are named
ALIKE = 1e-12  # of the largest value: what spreads less is one and the same number


class Even(NamedTuple):
    """`values`: (step,), none missing; `filled`: (step,), True where the line between the neighbours was taken.

    `taken`: a sentence on which columns these are, "" for plain numbers.
    """

    name: str
    values: Values
    filled: NDArray[np.bool_]
    calendar: Calendar | None
    notes: tuple[str, ...]
    taken: str = ""


def constant(values: Values) -> NDArray[np.bool_]:
    """(..., step) -> whether all steps are one and the same number, so that there is nothing to forecast."""
    return np.asarray(np.ptp(values, -1) <= ALIKE * np.maximum(np.abs(values).max(-1), 1e-300))


def even(raw: Given, column: str | None = None, dates: str | None = "") -> Even:
    """A CSV file's bytes, its table, or plain numbers -> one series; InputError where it cannot be taken.

    `column` names the numbers, else the first are taken; `dates` the dates, "" for the first there are, None for none.
    """
    if not isinstance(raw, (bytes, Table)):
        return _filled("series", _plain(raw), None, [])
    table = read_table(raw) if isinstance(raw, bytes) else raw
    notes = list(table.notes)
    name = next(iter(table.numbers)) if column is None else column
    if name not in table.numbers:
        reason = table.left_out.get(name, f"there is no column “{name}” of numbers")
        raise InputError(reason, f"columns of numbers are {', '.join(list(table.numbers)[:12])}")
    when = next(iter(table.dates), None) if dates == "" else dates
    taken = _taken(table, name, when)
    if when is None:
        return _filled(name, table.numbers[name], None, notes)._replace(taken=taken)
    if when not in table.dates:
        raise InputError(
            f"there is no column “{when}” of dates", f"columns of dates are {', '.join(list(table.dates)[:12]) or 'none'}"
        )
    values, calendar = _in_steps(table.numbers[name], table.dates[when], notes)
    return _filled(name, values, calendar, notes)._replace(taken=taken)


def _taken(table: Table, name: str, when: str | None) -> str:
    """Which columns were taken, and which could be."""
    at = "each row being a step" if when is None else f"at the dates of “{when}”"
    others = [f"“{other}”" for other in table.numbers if other != name]
    more = f"; other columns of numbers are {', '.join(others[:OTHERS])}" if others else ""
    return f"The column “{name}” was taken, {at}{more}{' and more' if len(others) > OTHERS else ''}."


def _plain(raw: Sequence[float] | Values) -> Values:
    try:
        values = np.asarray(raw, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"a {type(raw).__name__} is not a series", "pass the bytes of a CSV file, or numbers") from None
    if values.ndim != 1 or not 0 < values.size <= LIMITS.series_steps:
        raise InputError(
            f"numbers of shape {values.shape} are not a series", f"pass one axis of 1 to {LIMITS.series_steps:,} steps"
        )
    if np.isinf(values).any():
        raise InputError(f"step {int(np.isinf(values).argmax()) + 1:,} of the series is infinite", "mend or remove it")
    return values


def _in_steps(values: Values, moments: NDArray[np.datetime64], notes: list[str]) -> tuple[Values, Calendar]:
    """(row,) values at moments -> (step,), NaN where a step is missing; the mean where one comes twice."""
    dated = ~np.isnat(moments)
    if not dated.all():
        notes.append(f"{_rows(int((~dated).sum()))} without a date left out.")
    values, moments = values[dated], moments[dated]
    if (np.diff(moments) < np.timedelta64(0)).any():
        notes.append("The rows were put in the order of their dates.")
        order = np.argsort(moments, kind="stable")
        values, moments = values[order], moments[order]
    calendar, steps = calendar_of(moments)
    size = int(steps[-1]) + 1
    given = np.unique(steps).size
    if size > LIMITS.series_steps or 1 - given / size > MOST_FILLED:
        raise InputError(
            f"{1 - given / size:.0%} of the steps from {str(moments[0])[:10]} to {str(moments[-1])[:10]} are missing, each one "
            f"{calendar.step}; the limit is {MOST_FILLED:.0%}",
            "fill the gaps, choose a part without them, or choose no date column",
        )
    if (twice := len(steps) - given) > MOST_FILLED * len(steps):
        raise InputError(f"{twice:,} of {len(steps):,} dates come twice", "choose another date column, or none")
    if twice:
        notes.append(f"{twice:,} {'date comes' if twice == 1 else 'dates come'} more than once: the mean of the values was taken.")
    known = ~np.isnan(values)
    counts = np.bincount(steps[known], minlength=size)
    sums = np.bincount(steps[known], weights=values[known], minlength=size)
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan), calendar


def _rows(count: int) -> str:
    return "1 row was" if count == 1 else f"{count:,} rows were"


def _filled(name: str, values: Values, calendar: Calendar | None, notes: list[str]) -> Even:
    """Missing ends cut off, missing steps within on the line between their neighbours."""
    known = np.flatnonzero(~np.isnan(values))
    if not known.size:
        raise InputError(f"“{name}” is empty", "choose another column")
    if (cut := len(values) - (known[-1] - known[0] + 1)) and calendar is not None:
        calendar = Calendar(calendar.at(known[:1])[0], calendar.size, calendar.unit)
    if cut:
        notes.append(f"{cut:,} empty {'step' if cut == 1 else 'steps'} at the ends left out.")
    values = values[known[0] : known[-1] + 1]
    missing = np.isnan(values)
    if missing.any():
        _check_gaps(name, missing)
        there = np.flatnonzero(~missing)
        values = values.copy()
        values[missing] = np.interp(np.flatnonzero(missing), there, values[there])
        notes.append(f"{int(missing.sum()):,} missing of {len(values):,} steps were filled with the line between their neighbours.")
    if constant(values):
        finding = f"“{name}” has one and the same value at every step, {values[0]:.6g}: there is nothing to forecast"
        raise InputError(finding, "choose another column")
    return Even(name, values, missing, calendar, tuple(notes))


def _check_gaps(name: str, missing: NDArray[np.bool_]) -> None:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], missing.astype(np.int8), [0]])))
    longest, share = int((edges[1::2] - edges[::2]).max()), float(missing.mean())
    if share > MOST_FILLED:
        raise InputError(
            f"{share:.0%} of “{name}” is missing, the limit is {MOST_FILLED:.0%}", "fill the gaps, or choose another column"
        )
    if longest > max(3, LONGEST_GAP * len(missing)):
        raise InputError(
            f"{longest:,} steps of “{name}” in a row are missing, of {len(missing):,}", "give the part before or behind the gap"
        )
