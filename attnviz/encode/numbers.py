"""Cells of a table as numbers, with a decimal point or a decimal comma, and what else people write into them."""

import re
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from attnviz.errors import InputError

Convention = Literal["point", "comma"]

MISSING = {"", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "-", "--", "—", "?", ".", "missing"}
LARGEST = 1e30  # beyond, squares leave what single precision can hold

# Spaces and apostrophes may part thousands in both; what else does is the other's decimal mark.
_SPACES = re.compile("[\u00a0\u202f\u2009 '’_](?=\\d{3}(\\D|$))")
_FORMS: dict[Convention, re.Pattern[str]] = {
    "point": re.compile(r"[+\-−]?(\d{1,3}(,\d{3})+|\d+)?(\.\d*)?([eE][+-]?\d+)?\s?%?"),
    "comma": re.compile(r"[+\-−]?(\d{1,3}(\.\d{3})+|\d+)?(,\d*)?([eE][+-]?\d+)?\s?%?"),
}
_CURRENCY = re.compile(r"^[$€£¥₹₽]\s?|\s?[$€£¥₹₽]$|\s?\b(?:EUR|USD|GBP|CHF|JPY)$|^(?:EUR|USD|GBP|CHF|JPY)\b\s?")
_SIMPLE = re.compile(r"-?\d+(?:[.,]\d+)*")
_DIGIT = re.compile(r"[^eE]*\d")
_INFINITE = re.compile(r"[+\-−]?(inf|infinity|∞)", re.IGNORECASE)
_THOUSANDS = re.compile(r"[+\-−]?[1-9]\d{0,2}([.,]\d{3})+")


def conventions(cells: Iterable[str]) -> set[Convention]:
    """The ways in which all of these cells are numbers; none where one of them is no number, or where all are missing."""
    possible = set(_FORMS)
    found = False
    for cell in cells:
        bare = _bare(cell)
        if bare.casefold() not in MISSING:
            found = True
            possible = {how for how in possible if _is_number(bare, how)}
            if not possible:
                break
    return possible if found else set()


def numbers(
    cells: Sequence[str],
    fitting: set[Convention],
    how: Convention | None,
    semicolons: bool,
    name: str,
    notes: list[str],
    rows: Sequence[int],
) -> NDArray[np.float64]:
    """(row,) values, NaN where there is none; InputError, with the number in `rows`, at text or infinity.

    `fitting`: the column's `conventions`; `how`: the one that other columns of the table need. A column that can be read both ways,
    as 1,234, is told in `notes`.
    """
    if not fitting:
        raise _refused(cells, name, rows)
    chosen = next(iter(fitting)) if len(fitting) == 1 else _chosen(cells, how, semicolons, name, notes)
    values = _plain(cells) if chosen == "point" else None
    if values is None:
        values = np.array([_value(cell, chosen) for cell in cells])
    if (large := np.flatnonzero(np.abs(values) > LARGEST)).size:
        raise InputError(f"row {rows[large[0]]:,} of “{name}” holds {cells[large[0]][:30]}, beyond the limit of {LARGEST:.0e}")
    return values


def _chosen(cells: Sequence[str], how: Convention | None, semicolons: bool, name: str, notes: list[str]) -> Convention:
    """Of a column that can be read both ways: a lone point is a decimal point, a lone comma where semicolons part the cells."""
    marked = next((cell for cell in cells if _THOUSANDS.fullmatch(_bare(cell))), None)
    if marked is None:
        return "point"
    chosen: Convention = how or ("comma" if "," in marked and semicolons else "point")
    notes.append(f"In “{name}”, {marked} was read as {_value(marked, chosen):.10g}.")
    return chosen


def _plain(cells: Sequence[str]) -> NDArray[np.float64] | None:
    """What Python reads as it stands, which is quick; None where there is more about it."""
    try:
        return np.array([float(cell or "nan") for cell in cells])
    except ValueError:
        return None


def _bare(cell: str) -> str:
    """Without what parts thousands, without a currency, and with the minus of bookkeepers, (1) or 1-, in front."""
    if _SIMPLE.fullmatch(cell):
        return cell
    bare = _SPACES.sub("", _CURRENCY.sub("", cell.strip()).strip())
    if len(bare) > 2 and bare[0] == "(" and bare[-1] == ")":
        bare = "-" + bare[1:-1]
    elif len(bare) > 1 and bare[-1] in "-−" and bare[-2].isdigit():
        bare = "-" + bare[:-1]
    return _CURRENCY.sub("", bare)


def _is_number(cell: str, how: Convention) -> bool:
    return bool(_DIGIT.match(cell)) and bool(_FORMS[how].fullmatch(cell))


def _value(cell: str, how: Convention) -> float:
    bare = _bare(cell)
    if bare.casefold() in MISSING:
        return float("nan")
    plain = bare.rstrip("%").strip().replace("−", "-")
    return float(plain.replace(",", "") if how == "point" else plain.replace(".", "").replace(",", "."))


def _refused(cells: Sequence[str], name: str, rows: Sequence[int]) -> InputError:
    """What stands where a number should."""
    for cell, row in zip(cells, rows, strict=True):
        bare = _bare(cell)
        if _INFINITE.fullmatch(bare):
            return InputError(f"row {row:,} of “{name}” holds an infinite value, {bare}")
        if bare.casefold() not in MISSING and not any(_is_number(bare, how) for how in _FORMS):
            return InputError(f"row {row:,} of “{name}” holds text, “{cell[:30]}”")
    if all(_bare(cell).casefold() in MISSING for cell in cells):
        return InputError(f"“{name}” is empty")
    return InputError(f"“{name}” mixes decimal points and decimal commas")
