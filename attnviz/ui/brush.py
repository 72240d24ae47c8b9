"""Which part of a long text's map is looked at: chosen with a drag on an overview, or typed as numbers."""

from typing import Any

import plotly.graph_objects as go
import streamlit as st

from attnviz.ui import widgets

WINDOW = "text-window"
FIRST = 32  # what is shown before anything is chosen, and around a word that was jumped to
LEAST = 16  # a drag takes no fewer
FIELDS = {"rows": ("Rows from", "Rows to"), "columns": ("Columns from", "Columns to")}
Window = tuple[range, range]


def window(text: str, length: int) -> Window:
    """(rows, columns) that the visitor chose in this text of `length` tokens; its beginning where none was."""
    of, rows, columns = st.session_state.get(WINDOW, (None, None, None))
    if of == text:
        return rows, columns
    return range(min(FIRST, length)), range(min(FIRST, length))


def look(text: str, length: int, rows: tuple[float, float], columns: tuple[float, float], least: int = 1) -> None:
    """Chooses a window by its first and last rows and columns, in any order; it is moved and grown to fit."""
    st.session_state[WINDOW] = (text, _within(length, rows, least), _within(length, columns, least))


def around(text: str, length: int, token: int) -> None:
    """Chooses the window around a token."""
    look(text, length, (token, token), (token, token), FIRST)


def _within(length: int, ends: tuple[float, float], least: int) -> range:
    first, last = sorted(min(max(round(end), 0), length - 1) for end in ends)
    size = min(max(last - first + 1, least), length)
    start = min(max((first + last + 1 - size) // 2, 0), length - size)
    return range(start, start + size)


def chart(figure: go.Figure, key: str, text: str, length: int, alt: str) -> None:
    """An overview on which a drag chooses the window."""
    st.plotly_chart(
        figure, key=key, config=widgets.CHART, alt=alt, selection_mode="box",
        on_select=lambda: _take(st.session_state[key].selection, text, length),
    )  # fmt: skip


def _take(selection: Any, text: str, length: int) -> None:
    """A box has two ends on each axis; after a double click there is none, and the window stays."""
    if selection.box:
        box = selection.box[-1]
        look(text, length, (box["y"][0], box["y"][1]), (box["x"][0], box["x"][1]), LEAST)


def numbers(text: str, length: int) -> None:
    """The same with the keyboard: first and last row and column."""
    chosen = window(text, length)
    places = st.columns(4)
    for axis, (names, part) in enumerate(zip(FIELDS.values(), chosen, strict=True)):
        for end, name in enumerate(names):
            key = f"text-window-{axis}-{end}"
            st.session_state[key] = part[-end]
            places[2 * axis + end].number_input(name, 0, length - 1, step=1, key=key, on_change=_typed, args=(text, length))


def _typed(text: str, length: int) -> None:
    ends = [st.session_state[f"text-window-{axis}-{end}"] for axis in (0, 1) for end in (0, 1)]
    look(text, length, (ends[0], ends[1]), (ends[2], ends[3]))
