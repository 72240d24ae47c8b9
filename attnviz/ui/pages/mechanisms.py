"""The Mechanisms page: the map of the whole family, and any of its members at work on a small input."""

import streamlit as st

from attnviz.mechanisms import MECHANISMS, find
from attnviz.ui import widgets
from attnviz.ui.mechanisms import about, regression
from attnviz.ui.mechanisms.bench import one
from attnviz.ui.mechanisms.both import both
from attnviz.ui.mechanisms.family import family

NAME, OTHER = "mechanism-name", "mechanism-other"
FIRST = "scaled-dot"
DEFAULTS = {NAME: FIRST, OTHER: None}
BENCH = "mechanism-bench"
# A formula wider than its column is scrolled, not cut.
_STYLE = """<style>
.stMainBlockContainer .katex-display { overflow-x: auto; overflow-y: hidden; padding: 2px 0; margin: .2em 0 }
</style>"""


def page() -> None:
    """Widgets from top to bottom: the family, one or two of its members, and what stands behind them."""
    widgets.remember(DEFAULTS)
    widgets.head("Which kinds of attention are there?")
    st.html(_STYLE)
    names = [mechanism.name for mechanism in MECHANISMS]
    _from_address(names)
    family(MECHANISMS, str(st.session_state[NAME]), "mechanism-family", BENCH, _choose)
    with st.container(key=BENCH):
        picked, other = _pickers(names)
        mechanism = find(picked)
        st.query_params["mechanism"] = picked
        if other is None:
            (regression.view if mechanism.input == "points" else one)(mechanism)
        else:
            both(mechanism, find(other))
        code, keras = st.columns([3, 2], gap="large")
        with code:
            about.code(mechanism)
        with keras:
            about.keras(mechanism)
            about.models(mechanism)
    widgets.keep(DEFAULTS)


def _from_address(names: list[str]) -> None:
    """The first run takes the mechanism that the address names, so that one can be linked to."""
    asked = st.query_params.get("mechanism")
    if asked in names and "mechanism-opened" not in st.session_state:
        st.session_state[NAME] = asked
    st.session_state["mechanism-opened"] = True


def _choose(name: str) -> None:
    st.session_state[NAME] = name


def _pickers(names: list[str]) -> tuple[str, str | None]:
    first, second = st.columns(2, gap="large")
    titles = {mechanism.name: mechanism.title for mechanism in MECHANISMS}
    picked = first.selectbox("Mechanism", names, format_func=titles.__getitem__, key=NAME)
    other = second.selectbox(
        "Compare with", names, index=None, format_func=titles.__getitem__, key=OTHER, placeholder="No other mechanism"
    )
    return str(picked), other
