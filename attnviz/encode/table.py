"""A file of dates and numbers -> its columns: which are dates, which are numbers, and which of them only count."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attnviz.damage import damage
from attnviz.encode import parts
from attnviz.encode.calendar import Times, raggedness
from attnviz.encode.dates import clock_of, is_date, read_dates
from attnviz.encode.lines import LOOKED_AT, read_lines
from attnviz.encode.numbers import MISSING, conventions, numbers
from attnviz.encode.stamps import read_stamps, said_dated
from attnviz.errors import InputError

NAME = 60
DATE_COLUMNS = 6  # that are read; more are left out
FEW = 4  # rows below which nothing is told from their steps
MOST_TOTALS = 0.1  # of the rows
BEHIND = 10  # rows that may stand behind the data

_TOTAL = re.compile(
    r"(?:(?:grand|sub|over-?all|all|running|year|monthly|yearly)[-\s]*)?"
    r"(?:totals?|sums?|averages?|avg|means?|median|count|min(?:imum)?|max(?:imum)?|std|summe|gesamt\w*|insgesamt|mittelwert|"
    r"durchschnitt|somme|moyenne|suma|promedio|media|totale?s?|totaal|gemiddelde|razem|итого|всего|合計|总计|合计)"
    r"(?:\s.{0,30}|:)?",
    re.IGNORECASE,
)
_COUNTING = {
    "", "id", "idx", "index", "no", "no.", "nr", "nr.", "num", "number", "row", "rows", "rownames", "obs", "x", "#", "n", "lfd",
    "lfd.", "lfd. nr.", "key", "rowid", "row_id", "seq", "sequence", "record", "sample", "observation", "step", "unnamed: 0",
}  # fmt: skip
_ELAPSED = {"t", "time", "s", "sec", "secs", "seconds", "elapsed", "ms", "zeit", "sekunden", "minutes", "min", "hours", "frame"}


@dataclass(frozen=True)
class Table:
    """`numbers`: name -> (row,) values, NaN where a cell is empty; `dates`: the same with moments.

    Both begin with what is most likely meant: columns that only count, or that dates were joined from, come last.
    `left_out`: name -> why a column is neither. `notes`: full sentences on how the file was read.
    """

    numbers: dict[str, NDArray[np.float64]]
    dates: dict[str, Times]
    left_out: dict[str, str]
    notes: tuple[str, ...]


def read_table(raw: bytes) -> Table:
    """The columns of a CSV file; InputError where it is none, is too large, or has no column of numbers."""
    with damage("the file is damaged and could not be read as CSV", "save it again and upload that"):
        return _read_table(raw)


def _read_table(raw: bytes) -> Table:
    notes: list[str] = []
    lines, rows, semicolons = read_lines(raw, notes)
    names, named, lines, rows = _named(lines, rows)
    lines, rows = _without_totals(lines, rows, notes)
    columns = {name: [line[i] for line in lines] for i, name in enumerate(names)}
    dates, clocks, used = _dates(columns, notes)
    figures, left_out = _figures(columns, rows, semicolons, set(dates) | clocks, notes)
    if not figures:
        reasons = "; ".join(list(left_out.values())[:3])
        raise InputError(
            f"no column of the file holds numbers alone ({reasons or 'there are only dates'})", "mend or remove what is no number"
        )
    left_out |= {name: f"“{name}” holds times of day without their dates" for name in clocks - used}
    unnamed = {name for name, given in zip(names, named, strict=True) if not given}
    ranked = sorted(figures, key=lambda name: _rank(name, figures[name], used, unnamed))
    return Table({name: figures[name] for name in ranked}, dates, left_out, tuple(notes))


def _named(lines: list[list[str]], rows: list[int]) -> tuple[list[str], list[bool], list[list[str]], list[int]]:
    """Names of the columns, which of them the head gives, and the rows below it; without a head they are numbered."""
    first = lines[0]
    head = _is_head(lines)
    wanted = [cell if head and cell else f"column {i}" for i, cell in enumerate(first, 1)]
    names: list[str] = []
    for name in wanted:
        short = "".join(character for character in " ".join(name.split()) if character.isprintable())[:NAME] or "column"
        taken = sum(known == short or known.startswith(f"{short} (") for known in names)
        names.append(f"{short} ({taken + 1})" if taken else short)
    named = [not head or bool(cell) for cell in first]
    return (names, named, lines[1:], rows[1:]) if head else (names, named, lines, rows)


def _is_head(lines: list[list[str]]) -> bool:
    """Whether the first row names the columns: it has text over numbers or dates, or no number at all."""
    columns = list(zip(*lines[:LOOKED_AT], strict=True))
    if any(_is_text(first) and any(cell and not _is_text(cell) for cell in below) for first, *below in columns):
        return True
    return all(_is_text(first) or not first for first in lines[0])


def _is_text(cell: str) -> bool:
    return (
        bool(cell) and cell.casefold() not in MISSING and not conventions([cell]) and not is_date(cell) and clock_of([cell]) is None
    )


def _without_totals(lines: list[list[str]], rows: list[int], notes: list[str]) -> tuple[list[list[str]], list[int]]:
    """Without sums and means, which their first cell tells, without units below the head, and without remarks behind the data."""
    total = {place for place, line in enumerate(lines) if _TOTAL.fullmatch(next(filter(None, line), ""))}
    if len(total) > max(2, MOST_TOTALS * len(lines)):
        total = set()
    if (
        len(lines) > FEW
        and all(_is_text(cell) or not cell for cell in lines[0])
        and any(conventions(line) for line in zip(*lines[1:3], strict=True))
    ):
        total.add(0)
    total |= _behind(lines, total)
    if total:
        for place in sorted(total)[:3]:
            notes.append(f"Row {rows[place]:,} was left out, it is no data: “{next(filter(None, lines[place]), '')[:30]}”.")
        if len(total) > 3:
            notes.append(f"{len(total) - 3} more rows like these were left out.")
    kept = [place for place in range(len(lines)) if place not in total]
    return [lines[place] for place in kept], [rows[place] for place in kept]


def _behind(lines: list[list[str]], total: set[int]) -> set[int]:
    """Rows at the end that have text where all others have a date; and a last one without a date that holds the sums."""
    if len(lines) <= FEW:
        return set()
    found: set[int] = set()
    for column in zip(*lines, strict=True):
        if not is_date(column[0]) or not is_date(column[1]):
            continue
        end = next((place for place in range(len(column) - 1, -1, -1) if is_date(column[place])), 0) + 1
        if len(column) - end <= min(BEHIND, len(column) // 3):
            found |= {place for place in range(end, len(column)) if column[place] or _sums(lines, place)}
        break
    last = len(lines) - 1
    return found | ({last} if last not in total and _sums(lines, last) else set())


def _sums(lines: list[list[str]], place: int) -> bool:
    """Whether a row without a name holds what the numbers over it sum to, and far more than any of them."""
    if place < FEW or (len(lines[0]) > 1 and lines[place][0]):
        return False
    for column in zip(*lines[: place + 1], strict=True):
        try:
            *over, last = (float(cell) for cell in column)
        except ValueError:
            continue
        if last > 3 * max(over) > 0 and abs(last - sum(over)) <= 1e-6 * last + 0.005 * len(over):
            return True
    return False


def _dates(columns: dict[str, list[str]], notes: list[str]) -> tuple[dict[str, Times], set[str], set[str]]:
    """Columns of dates, the likeliest first; columns of times of day; and which columns dates were joined from."""
    read: dict[str, tuple[Times, str]] = {}
    for name, cells in columns.items():
        if len(read) < DATE_COLUMNS and (found := read_dates(cells) or read_stamps(cells, name)) is not None:
            read[name] = found
    dates = {name: moments for name, (moments, _) in read.items()}
    clocks = {
        name for name, cells in columns.items() if name not in dates and clock_of([cell for cell in cells if cell]) is not None
    }
    joined, used = parts.of_several(columns, dates)
    dates = {name: moments for name, moments in dates.items() if name not in used}
    notes += [note for name, (_, note) in read.items() if note and name in dates]
    ranked = sorted(dates, key=lambda name: raggedness(dates[name]))
    return joined | {name: dates[name] for name in ranked}, clocks, used


def _figures(
    columns: dict[str, list[str]], rows: list[int], semicolons: bool, taken: set[str], notes: list[str]
) -> tuple[dict[str, NDArray[np.float64]], dict[str, str]]:
    """Columns of numbers, and why others are none."""
    figures, left_out = {}, {}
    others = {name: cells for name, cells in columns.items() if name not in taken}
    fitting = {name: conventions(cells) for name, cells in others.items()}
    needed = {how for found in fitting.values() if len(found) == 1 for how in found}
    how = next(iter(needed)) if len(needed) == 1 else None
    for name, cells in others.items():
        try:
            figures[name] = numbers(cells, fitting[name], how, semicolons, name, notes, rows)
        except InputError as error:
            left_out[name] = error.finding
    return figures, left_out


def _rank(name: str, values: NDArray[np.float64], used: set[str], unnamed: set[str]) -> int:
    """0 for what a series may be; more for what is one number all along, counts the rows, or went into the dates."""
    known = values[~np.isnan(values)]
    if name in used:
        return 3
    if len(known) >= FEW and (_even_steps(known) or _counts("" if name in unnamed else name, known)):
        return 2
    return 1 if len(known) and np.ptp(known) == 0 else 0


def _even_steps(known: NDArray[np.float64]) -> bool:
    """A straight line, or the numbers from one to another in any order."""
    gaps = np.diff(known)
    if gaps[0] and np.allclose(gaps, gaps[0], rtol=1e-6, atol=0):
        return True
    return bool((known == np.rint(known)).all() and len(known) > 2 * FEW and (np.diff(np.sort(known)) == 1).all())


def _counts(name: str, known: NDArray[np.float64]) -> bool:
    """Under a name for row numbers, or none, whole numbers that only rise or fall; under one for time, what only rises."""
    gaps, words = np.diff(known), set(re.split(r"[\W\d_]+", name.casefold()))
    if name.casefold() in _COUNTING and (known == np.rint(known)).all() and ((gaps > 0).all() or (gaps < 0).all()):
        return True
    return bool((said_dated(name) or words & _ELAPSED) and (gaps > 0).all())
