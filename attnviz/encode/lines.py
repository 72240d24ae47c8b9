"""The bytes of a CSV file -> rows of equal length: decoded, cut at its delimiter, without titles and totals; limited before."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from attnviz.errors import InputError
from attnviz.limits import LIMITS

DELIMITERS = ("\t", ";", "|", ",", "^", "~", " ")
LOOKED_AT = 60  # rows from which the delimiter is told
TITLES = 20  # rows that may stand over the head

_ARCHIVES = {b"PK\x03\x04": "a spreadsheet or a zip archive", b"\x1f\x8b": "compressed", b"\xd0\xcf\x11\xe0": "a spreadsheet"}
_MARKS = {b"\xff\xfe\x00\x00": "utf-32", b"\x00\x00\xfe\xff": "utf-32", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_FOREIGN = re.compile(r"[\u00c0-\u00ff]{4}")  # so many accents in a row stand in no Western word
_COMMA = re.compile(r"\s*[+\-−]?\d+,\d+\s*")


class Lines(NamedTuple):
    """Rows of as many cells each, the number of each in the file, and whether semicolons parted them."""

    rows: list[list[str]]
    numbers: list[int]
    semicolons: bool


def read_lines(raw: bytes, notes: list[str]) -> Lines:
    """InputError where the bytes are no text, or more than the limits."""
    text = _decoded(raw, notes)
    delimiter, text, skipped = _delimiter(text)
    found, numbers = _cells(text, delimiter, skipped)
    return Lines(*_even(*_titled(found, numbers, notes)), delimiter == ";")


def _decoded(raw: bytes, notes: list[str]) -> str:
    """The file's text by its mark, else as UTF-8, else as what its bytes look like."""
    if len(raw) > LIMITS.series_bytes:
        raise InputError(f"the file has {len(raw):,} bytes, the limit is {LIMITS.series_bytes:,}", "upload a part of it")
    if not raw.strip():
        raise InputError("the file is empty", "choose another file")
    for mark, what in _ARCHIVES.items():
        if raw.startswith(mark):
            raise InputError(f"the file is {what}, not a CSV file", "save it as CSV and upload that")
    try:
        text = raw.decode(_encoding(raw))
    except UnicodeDecodeError:
        text = _guessed(raw, notes)
    if any(ord(character) < 32 and character not in "\t\n\r\f\v" for character in set(text)):
        raise InputError("the file is not text", "save it as CSV in UTF-8 and upload that")
    _check_lines(text)
    return text.removeprefix("\ufeff")


def _check_lines(text: str) -> None:
    """Ends of lines are counted too, whatever stands between them, before any is cut into cells."""
    ends = max(text.count("\n"), text.count("\r"))
    if ends > 2 * LIMITS.series_rows:
        raise _too_large()
    if max(map(len, text.replace("\r", "\n").split("\n"))) > LIMITS.series_line:
        raise _too_large()


def _too_large() -> InputError:
    rows, columns, cells = LIMITS.series_rows, LIMITS.series_columns, LIMITS.series_cells
    return InputError(
        f"the file is too large: the limits are {rows:,} rows, {columns} columns and {cells:,} cells", "upload a part of it"
    )


def _encoding(raw: bytes) -> str:
    """By the mark; without one, text in UTF-16 has a zero in every other byte."""
    for mark, name in _MARKS.items():
        if raw.startswith(mark):
            return name
    head = raw[:200]
    if head[1::2].count(0) > len(head) // 3:
        return "utf-16-le"
    return "utf-16-be" if head[::2].count(0) > len(head) // 3 else "utf-8-sig"


def _guessed(raw: bytes, notes: list[str]) -> str:
    """Of what is not UTF-8: Windows-1252 where its letters are those of words, else what charset-normalizer finds."""
    try:
        text = raw.decode("cp1252")
        letters = [character for character in text if ord(character) > 127]
        if not _FOREIGN.search(text) and not any(map(_odd, letters)):
            notes.append("The file is not UTF-8; it was read as Windows-1252 (Latin-1).")
            return text
    except UnicodeDecodeError:
        pass
    from charset_normalizer import from_bytes

    best = from_bytes(raw[:20_000].rsplit(b"\n", 1)[0]).best()
    name = best.encoding if best else "cp1252"
    try:
        text = raw.decode(name)
    except UnicodeDecodeError:
        raise InputError("the file is not text in UTF-8, UTF-16 or a known code page", "save it as CSV in UTF-8") from None
    notes.append(f"The file is not UTF-8; it was read as {name.replace('_', '-')}.")
    return text


def _odd(letter: str) -> bool:
    """Signs that text in Windows-1252 hardly has, and text in Asian code pages read as it has many of."""
    return letter in "\u0192\u02c6\u02dc\u2020\u2021\u2030\u2039\u203a¤¦¨¬¯¸¹¼½¾"


def _cells(text: str, delimiter: str, skipped: int) -> tuple[list[list[str]], list[int]]:
    """Rows as they are, and the number of each in the file; blank rows and remarks after # are skipped."""
    found: list[list[str]] = []
    numbers: list[int] = []
    cells = 0
    for number, line in enumerate(_read(text, delimiter), 1 + skipped):
        stripped = [cell.strip() for cell in line]
        if not any(stripped) or stripped[0].startswith("#"):
            continue
        cells += len(stripped)
        if len(found) > LIMITS.series_rows or cells > LIMITS.series_cells or len(stripped) > LIMITS.series_columns:
            raise _too_large()
        found.append(stripped)
        numbers.append(number)
    return found, numbers


def _read(text: str, delimiter: str) -> Iterator[list[str]]:
    source = io.StringIO(text, newline="")
    lines = (line.rstrip(" \r") for line in text.split("\n")) if delimiter == " " else source
    try:
        yield from csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    except csv.Error as error:
        raise InputError(f"the file cannot be read as CSV ({error})", "look for a quote that is not closed") from None


def _delimiter(text: str) -> tuple[str, str, int]:
    """The delimiter, the text behind a line that names it, and how many lines that were.

    The first of tab, semicolon, bar, comma and space that cuts nearly all rows into as many cells, more than one.
    """
    first, _, rest = text.partition("\n")
    if told := re.fullmatch(r'\s*"?sep=(.)"?\s*', first, re.IGNORECASE):
        return told[1], rest, 1
    head = "".join(islice(io.StringIO(text), LOOKED_AT))
    lines = [line for line in head.splitlines() if line.strip() and not line.startswith("#")]
    if len(lines) > 1 and "," not in lines[0] and all(map(_COMMA.fullmatch, lines[1:])):
        return ";", text, 0  # one column, of decimal commas
    for delimiter in DELIMITERS:
        counts = [len(line) for line in _read(head, delimiter) if any(cell.strip() for cell in line)]
        counts = counts[min(TITLES, len(counts) // 3) :]
        cells, rows = Counter(counts).most_common(1)[0] if counts else (1, 0)
        if cells > 1 and rows >= 0.9 * len(counts):
            return delimiter, text, 0
    return ",", text, 0


def _titled(lines: list[list[str]], numbers: list[int], notes: list[str]) -> tuple[list[list[str]], list[int]]:
    """Without the rows over the head, which fill at most half as many cells as most rows do."""
    if len(lines) < 3:
        return lines, numbers
    filled = [sum(map(bool, line)) for line in lines[: 10 * TITLES]]
    usual = Counter(filled).most_common(1)[0][0]
    over = next((place for place, count in enumerate(filled) if 2 * count > usual), 0)
    if not 0 < over <= TITLES or any(cell.replace(".", "").isdecimal() for cell in lines[over]):
        return lines, numbers
    said = next(cell for cell in lines[0] if cell)[:30]
    notes.append(f"{over} {'row' if over == 1 else 'rows'} over the head left out, “{said}” first.")
    return lines[over:], numbers[over:]


def _even(lines: list[list[str]], numbers: list[int]) -> tuple[list[list[str]], list[int]]:
    """Rows of the usual length: what a shorter one lacks is empty; a longer one may only have empty cells more."""
    if len(lines) < 2:
        raise InputError("the file has one row or none", "choose a file with a value in each row")
    width = Counter(map(len, lines)).most_common(1)[0][0]
    for line, number in zip(lines, numbers, strict=True):
        if any(line[width:]):
            raise _unequal(f"row {number:,} has {len(line)} cells, the others have {width}")
    short = width - len(lines[0])
    if short > 0 and 2 * sum(bool(line[-1]) for line in lines if len(line) == width) > len(lines):
        if short > 1 or not _counts([line[0] for line in lines[1:]]):
            raise _unequal(f"row {numbers[0]:,} names {len(lines[0])} columns, but the rows have {width} cells")
        lines[0] = ["", *lines[0]]  # as R writes it: the numbers of the rows have no name
    return [[*line[:width], *[""] * (width - len(line))] for line in lines], numbers


def _unequal(finding: str) -> InputError:
    return InputError(finding, "put text with a comma in quotes, or use semicolons between the cells")


def _counts(cells: Sequence[str]) -> bool:
    """Whether cells are whole numbers, each one more than the last."""
    if not all(cell.isdecimal() and len(cell) < 10 for cell in cells):
        return False
    return all(int(after) - int(before) == 1 for before, after in pairwise(cells))
