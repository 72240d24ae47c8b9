"""The Series page: a series, how the model goes on with it, and which past steps it looked at."""

import streamlit as st

from attnviz.results import SeriesResult
from attnviz.ui import widgets
from attnviz.ui.card import view
from attnviz.ui.series import given as inputs
from attnviz.ui.series.said import said
from attnviz.ui.state import State
from attnviz.ui.verdict import verdict
from attnviz.views import views_of


def page() -> None:
    """Widgets from top to bottom, in the order of a visitor's questions."""
    state = State("series", inputs.PRIVATE)
    widgets.head("Where does it look in a series?")
    card = widgets.model(state, "series")
    if card is not None:
        found = inputs.decided(state, card)
        if found is not None:
            looked_at(state, *found)
    state.finish()


@st.fragment
def looked_at(state: State, result: SeriesResult, remarks: tuple[str, ...]) -> None:
    """From the forecast to the maps; runs again alone, and never the model."""
    said(result, remarks)
    maps = []
    for each in views_of(result):
        chosen = view(state, each, result)
        if (map_ := each.says(result, chosen)) is not None:
            maps.append(map_)
    verdict(state, result, maps)
    state.write()
