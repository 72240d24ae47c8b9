"""Exhibits on a page: each is the same card, with its figures, what is said of them, receipts, and files to take along."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from attnviz.exhibit import Exhibit, main, rows
from attnviz.plot import Picture, Words
from attnviz.plot.dressed import Stage, dressed
from attnviz.results import Outcome
from attnviz.state import Choice, Chosen, Window
from attnviz.terms import TERMS, in_text
from attnviz.ui import say, stage, widgets
from attnviz.ui.controls import controls
from attnviz.ui.looks import dark
from attnviz.ui.picture import picture
from attnviz.ui.reading import listening
from attnviz.ui.save import save
from attnviz.ui.state import State
from attnviz.ui.words import words
from attnviz.views import View

DRAGGED = 16  # a drag takes no fewer positions
STAGED = "This alone, in the whole window, with letters that are read from the last row. Arrow keys walk, Escape leaves."


def view(state: State, view: View[Outcome], result: Outcome) -> Chosen:
    """The controls of a view, and what it shows; what was chosen of it."""
    with listening():  # always here: what follows keeps its place on the page
        choices = view.choices(result)
    values = controls(state, choices)
    with listening():
        exhibits = view.exhibits(result, values)
    cards(state, exhibits, choices)
    return values


def cards(state: State, exhibits: Sequence[Exhibit], choices: Sequence[Choice] | None = None) -> None:
    """Exhibits as they stand on a page; `choices`: those of their view, which a click may set; None for what stands beside one."""
    known = {choice.name: choice for choice in choices or ()}
    if exhibits and choices is not None:
        state.main = state.main or main(exhibits).name
    for row in rows(exhibits):
        for place, exhibit in zip(_places([each.width for each in row]), row, strict=True):
            with place:
                card(state, exhibit, known)


def card(state: State, exhibit: Exhibit, choices: Mapping[str, Choice]) -> None:
    """Title, figures, caption, legend, receipts and files; or all of the window, where it is on the stage."""
    key = f"{state.page}-{exhibit.name}"
    state.drawn[exhibit.name] = exhibit
    name = "" if exhibit.name == state.main else exhibit.name
    if stage.take(state) == name:
        state.staged = True
        stage.staged(state, exhibit, choices, lambda room: _figures(state, exhibit, choices, key, room))
        return
    st.subheader(say.literal(exhibit.title), anchor=False, help=exhibit.help or None)
    _figures(state, exhibit, choices, key)
    say.caption(exhibit.text)
    with st.container(horizontal=True):
        if exhibit.maps:
            widgets.opening("Receipt", f"{key}-receipt", lambda: widgets.receipts(exhibit.maps))
        if terms := list(in_text(exhibit.title, exhibit.text)):
            widgets.opening("Terms", f"{key}-terms", lambda: _explained(terms, bool(exhibit.maps)))
        widgets.opening("Save", f"{key}-save", lambda: save(exhibit, key))
        if exhibit.figures:
            st.button("Stage", key=f"{key}-stage", on_click=stage.enter, args=(state, name), help=STAGED)


def _explained(names: Sequence[str], receipt: bool) -> None:
    """What the words of an exhibit mean, and its receipt where it has one."""
    for name in dict.fromkeys([*names, *(["receipt"] if receipt else [])]):
        st.markdown(f"**{say.literal(name)}**: {say.literal(TERMS[name].says)}")


def _figures(state: State, exhibit: Exhibit, choices: Mapping[str, Choice], key: str, room: Stage | None = None) -> None:
    """In a row, each as its kind is drawn; on a stage for the room that each has."""
    with st.container(key=f"{key}-figures") if len(exhibit.figures) > 1 else nullcontext():
        for number, (place, figure) in enumerate(zip(_places([1] * len(exhibit.figures)), exhibit.figures, strict=False)):
            with place:
                draw = next(each for kind, each in DRAWN.items() if isinstance(figure, kind))
                shown = dressed(figure, dark(), room) if isinstance(figure, go.Figure) else figure
                draw(state, exhibit, choices, shown, f"{key}-figure{number or ''}")


def _places(widths: Sequence[float]) -> Sequence[AbstractContextManager[Any]]:
    """Columns side by side; one alone needs none."""
    return st.columns(widths, gap="medium") if len(widths) > 1 else [nullcontext()]


def _plotted(state: State, exhibit: Exhibit, choices: Mapping[str, Choice], figure: go.Figure, key: str) -> None:
    """A Plotly figure; a click or a dragged box sets the choices that the exhibit names."""
    if not (exhibit.picks or exhibit.drags):
        st.plotly_chart(figure, key=key, config=widgets.CHART, alt=exhibit.alt)
        return

    def take() -> None:
        selection = st.session_state[key].selection
        if exhibit.drags and selection.box:
            _take_box(state, choices[exhibit.drags], selection.box[-1])
        if exhibit.picks and selection.points:
            for name, value in zip(exhibit.picks, selection.points[0]["customdata"], strict=True):
                state.put(choices[name], choices[name].read(str(value)))

    st.plotly_chart(
        figure, key=key, config=widgets.CHART, alt=exhibit.alt, on_select=take, selection_mode="box" if exhibit.drags else "points"
    )


def _take_box(state: State, choice: Choice, box: Mapping[str, Sequence[float]]) -> None:
    """A box has two ends on each axis."""
    allowed: Window = choice.allowed  # type: ignore[assignment]
    state.put(choice, allowed.fitted((box["y"][0], box["y"][1]), (box["x"][0], box["x"][1]), DRAGGED))


def _written(state: State, exhibit: Exhibit, choices: Mapping[str, Choice], figure: Words, key: str) -> None:
    """A sentence; a click on a word sets the choice that the exhibit names, and on the locked one sets it back."""

    def take(clicked: int) -> None:
        for name in exhibit.picks:
            choice = choices[name]
            state.put(choice, choice.default if clicked == figure.locked else choice.read(figure.values[clicked]))

    words(figure, key, take)


def _pictured(state: State, exhibit: Exhibit, choices: Mapping[str, Choice], figure: Picture, key: str) -> None:
    """A photo; a click sets the choices that the exhibit names, to its point and to what the picture says beside it."""

    def take(down: float, across: float) -> None:
        for name, value in zip(exhibit.picks, (f"{down:g}", f"{across:g}", *figure.also), strict=True):
            state.put(choices[name], choices[name].read(value))

    picture(figure, key, take if exhibit.picks else None)


# How a figure is drawn, by its kind.
DRAWN: dict[type, Callable[[State, Exhibit, Mapping[str, Choice], Any, str], None]] = {
    go.Figure: _plotted, Words: _written, Picture: _pictured,
}  # fmt: skip
