"""The Mechanisms page: the map of the whole family, and any of its members at work on a small input."""

import streamlit as st

from attnviz.mechanisms import MECHANISMS, find
from attnviz.state import Choice, OneOf
from attnviz.ui import widgets
from attnviz.ui.controls import control
from attnviz.ui.mechanisms import about
from attnviz.ui.mechanisms.bench import one
from attnviz.ui.mechanisms.both import both
from attnviz.ui.mechanisms.family import family
from attnviz.ui.mechanisms.given import PRIVATE
from attnviz.ui.state import State

NOBODY = ""
TITLES = {NOBODY: "No other mechanism", **{mechanism.name: mechanism.title for mechanism in MECHANISMS}}
NAMES = [mechanism.name for mechanism in MECHANISMS]
NAME = Choice("mechanism", "Mechanism", OneOf(NAMES, TITLES.__getitem__, listed=True), "scaled-dot")
OTHER = Choice("other", "Compare with", OneOf([NOBODY, *NAMES], TITLES.__getitem__, listed=True), NOBODY)
BENCH = "mechanism-bench"
# A formula wider than its column goes on in the next line, not cut; what opens is brought into view below the bar at the top.
_STYLE = """<style>
.stMainBlockContainer .katex-display { overflow: visible; padding: 2px 4px; margin: .2em 0 }
.stMainBlockContainer .katex-display > .katex { white-space: normal }
.stMainBlockContainer .katex-display .base { margin: .15em 0 }
.st-key-mechanism-bench { scroll-margin-top: 3.8rem }
</style>"""


def page() -> None:
    """Widgets from top to bottom: the family, one or two of its members, and what stands behind them."""
    state = State("mechanisms", PRIVATE)
    widgets.head("Which kinds of attention are there?")
    st.html(_STYLE)
    values = state.take((NAME, OTHER))
    picked, other = find(values[NAME.name]), values[OTHER.name]
    asked = bool({NAME.name, OTHER.name} & state.asked.keys())
    family(MECHANISMS, picked.name, other, "mechanism-family", BENCH, asked, lambda name: state.put(NAME, name))
    with st.container(key=BENCH):
        for place, choice in zip(st.columns(2, gap="large"), (NAME, OTHER), strict=True):
            with place:
                control(state, choice, values[choice.name])
        if other == NOBODY:
            one(state, picked)
        else:
            both(state, picked, find(other))
        code, keras = st.columns([3, 2], gap="large")
        with code:
            about.code(picked)
        with keras:
            about.keras(picked)
            about.models(picked)
    state.finish()
