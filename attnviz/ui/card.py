"""Exhibits on a page: each is the same card, with its figures, what is said of them, receipts, and files to take along."""

from collections.abc import Sequence

import streamlit as st

from attnviz import export
from attnviz.exhibit import Exhibit, rows
from attnviz.results import Result
from attnviz.ui import say, widgets
from attnviz.ui.controls import controls
from attnviz.ui.state import State
from attnviz.views import View


def view(state: State, view: View[Result], result: Result) -> None:
    """The controls of a view, and what it shows."""
    values = controls(state, view.choices(result))
    cards(state.page, view.exhibits(result, values))


def cards(page: str, exhibits: Sequence[Exhibit]) -> None:
    """Exhibits as they stand on a page."""
    for row in rows(exhibits):
        for place, exhibit in zip(st.columns([each.width for each in row], gap="medium"), row, strict=True):
            with place:
                card(exhibit, f"{page}-{exhibit.name}")


def card(exhibit: Exhibit, key: str) -> None:
    """Title, figures, caption, legend, receipts and files."""
    st.subheader(say.literal(exhibit.title), anchor=False)
    for number, (place, figure) in enumerate(zip(st.columns(len(exhibit.figures)), exhibit.figures, strict=True)):
        with place:
            widgets.chart(figure, f"{key}-figure{number or ''}", exhibit.alt)
    say.caption(exhibit.text)
    with st.container(horizontal=True):
        with st.popover("Receipt"):
            for m in exhibit.maps:
                widgets.receipt(m)
        with st.popover("Export"):
            stem = f"{exhibit.result.card.name}-{exhibit.name}"
            widgets.save(stem, key, lambda: export.as_html([exhibit]), exhibit.maps, exhibit.result)
