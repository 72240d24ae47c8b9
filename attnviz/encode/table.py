"""A file of dates and numbers -> its columns, read with the csv module; checked and limited before any cell is read."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from attnviz.encode.dates import Times, read_dates
from attnviz.encode.numbers import MISSING, conventions, numbers
from attnviz.errors import InputError

MAX_BYTES = 10_000_000
MAX_ROWS = 100_000
MAX_CELLS = 1_000_000
MAX_COLUMNS = 200
DELIMITERS = ("\t", ";", "|", ",")
LOOKED_AT = 60  # rows from which the delimiter is told
NAME = 60

_ARCHIVES = {b"PK\x03\x04": "a spreadsheet or a zip archive", b"\x1f\x8b": "compressed", b"\xd0\xcf\x11\xe0": "a spreadsheet"}


@dataclass(frozen=True)
class Table:
    """`numbers`: name -> (row,) values, NaN where a cell is empty; `dates`: the same with moments.

    `left_out`: name -> why a column is neither. `notes`: full sentences on how the file was read.
    """

    numbers: dict[str, NDArray[np.float64]]
    dates: dict[str, Times]
    left_out: dict[str, str]
    notes: tuple[str, ...]


def read_table(raw: bytes) -> Table:
    """The columns of a CSV file; InputError where it is none, is too large, or has no column of numbers."""
    text, notes = _decoded(raw)
    delimiter, text, skipped = _delimiter(text)
    lines, rows = _cells(text, delimiter, skipped)
    names, lines, rows = _named(lines, rows)
    columns = {name: [line[i] for line in lines] for i, name in enumerate(names)}
    dates, figures, left_out = _sorted_out(columns, rows, delimiter == ";", notes)
    if not figures:
        reasons = "; ".join(list(left_out.values())[:3])
        raise InputError(
            f"no column of the file holds numbers alone ({reasons or 'there are only dates'})", "mend or remove what is no number"
        )
    return Table(figures, dates, left_out, tuple(notes))


def _decoded(raw: bytes) -> tuple[str, list[str]]:
    """The file's text by its mark, else as UTF-8, else as Windows-1252."""
    if not raw.strip():
        raise InputError("the file is empty", "choose another file")
    if len(raw) > MAX_BYTES:
        raise InputError(f"the file has {len(raw):,} bytes, the limit is {MAX_BYTES:,}", "upload a part of it")
    for mark, what in _ARCHIVES.items():
        if raw.startswith(mark):
            raise InputError(f"the file is {what}, not a CSV file", "save it as CSV and upload that")
    encoding = _encoding(raw)
    notes: list[str] = []
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text, notes = _western(raw), ["The file is not UTF-8; it was read as Windows-1252 (Latin-1)."]
    if any(ord(character) < 32 and character not in "\t\n\r\f\v" for character in set(text)):
        raise InputError("the file is not text", "save it as CSV in UTF-8 and upload that")
    return text.removeprefix("\ufeff"), notes


def _encoding(raw: bytes) -> str:
    """By the mark; without one, text in UTF-16 has a zero in every other byte."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    head = raw[:200]
    if head[1::2].count(0) > len(head) // 3:
        return "utf-16-le"
    return "utf-16-be" if head[::2].count(0) > len(head) // 3 else "utf-8-sig"


def _western(raw: bytes) -> str:
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:
        raise InputError(
            "the file is not text in UTF-8, UTF-16 or Windows-1252", "save it as CSV in UTF-8 and upload that"
        ) from None


def _cells(text: str, delimiter: str, skipped: int) -> tuple[list[list[str]], NDArray[np.int64]]:
    """Rows of as many cells each, and the number of each in the file; blank rows and remarks after # are skipped."""
    found: list[list[str]] = []
    numbers: list[int] = []
    cells = 0
    for number, line in enumerate(_read(text, delimiter), 1 + skipped):
        stripped = [cell.strip() for cell in line]
        if not any(stripped) or stripped[0].startswith("#"):
            continue
        cells += len(stripped)
        if len(found) > MAX_ROWS or cells > MAX_CELLS or len(stripped) > MAX_COLUMNS:
            raise InputError(
                f"the file is too large: the limits are {MAX_ROWS:,} rows, {MAX_COLUMNS} columns and {MAX_CELLS:,} cells",
                "upload a part of it",
            )
        found.append(stripped)
        numbers.append(number)
    return _even(found, numbers), np.array(numbers, dtype=np.int64)


def _read(text: str, delimiter: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    except csv.Error as error:
        raise InputError(f"the file cannot be read as CSV ({error})", "look for a quote that is not closed") from None


def _delimiter(text: str) -> tuple[str, str, int]:
    """The delimiter, the text behind a line that names it, and how many lines that were.

    The first of tab, semicolon, bar and comma that cuts nearly all rows into as many cells, more than one.
    """
    first, _, rest = text.partition("\n")
    if told := re.fullmatch(r'\s*"?sep=(.)"?\s*', first, re.IGNORECASE):
        return told[1], rest, 1
    head = "".join(islice(io.StringIO(text), LOOKED_AT))
    for delimiter in DELIMITERS:
        counts = Counter(len(line) for line in _read(head, delimiter) if any(cell.strip() for cell in line))
        cells, rows = counts.most_common(1)[0] if counts else (1, 0)
        if cells > 1 and rows >= 0.9 * counts.total():
            return delimiter, text, 0
    return ",", text, 0


def _even(lines: list[list[str]], numbers: list[int]) -> list[list[str]]:
    """Rows of the usual length: what a shorter one lacks is empty; a longer one may only have empty cells more."""
    if len(lines) < 2:
        raise InputError("the file has one row or none", "choose a file with a value in each row")
    width = Counter(map(len, lines)).most_common(1)[0][0]
    for line, number in zip(lines, numbers, strict=True):
        if any(line[width:]):
            finding = f"row {number:,} has {len(line)} cells, the others have {width}"
            raise InputError(finding, "put text with a comma in quotes, or use semicolons between the cells")
    return [[*line[:width], *[""] * (width - len(line))] for line in lines]


def _named(lines: list[list[str]], rows: NDArray[np.int64]) -> tuple[list[str], list[list[str]], NDArray[np.int64]]:
    """Names of the columns, and the rows below them; without a head they are numbered."""
    first = lines[0]
    head = _is_head(lines)
    wanted = [cell if head and cell else f"column {i}" for i, cell in enumerate(first, 1)]
    names: list[str] = []
    for name in wanted:
        short = " ".join(name.split())[:NAME]
        taken = sum(known == short or known.startswith(f"{short} (") for known in names)
        names.append(f"{short} ({taken + 1})" if taken else short)
    return names, lines[1:] if head else lines, rows[1:] if head else rows


def _is_head(lines: list[list[str]]) -> bool:
    """Whether the first row names the columns: it has text over numbers or dates, or no number at all."""
    columns = list(zip(*lines[:LOOKED_AT], strict=True))
    if any(_is_text(first) and any(cell and not _is_text(cell) for cell in below) for first, *below in columns):
        return True
    return all(_is_text(first) or not first for first in lines[0])


def _is_text(cell: str) -> bool:
    return bool(cell) and cell.casefold() not in MISSING and not conventions([cell]) and read_dates([cell], "date") is None


def _sorted_out(
    columns: dict[str, list[str]], rows: NDArray[np.int64], semicolons: bool, notes: list[str]
) -> tuple[dict[str, Times], dict[str, NDArray[np.float64]], dict[str, str]]:
    """Columns of dates, columns of numbers, and why others are neither."""
    dates, figures, left_out = {}, {}, {}
    for name, cells in columns.items():
        if (read := read_dates(cells, name)) is not None:
            dates[name] = read[0]
            notes += filter(None, [read[1]])
    others = {name: cells for name, cells in columns.items() if name not in dates}
    needed = {how for cells in others.values() if len(found := conventions(cells)) == 1 for how in found}
    how = next(iter(needed)) if len(needed) == 1 else None
    for name, cells in others.items():
        try:
            figures[name] = numbers(cells, how, semicolons, name, notes, rows.tolist())
        except InputError as error:
            left_out[name] = error.finding
    return dates, figures, left_out
