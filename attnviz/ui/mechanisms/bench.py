"""One mechanism at work: formula, input and controls, and beside them the figure, which follows while they move."""

import time
from typing import Any

import streamlit as st

from attnviz.mechanisms import MECHANISMS, FeatureMap, Mechanism
from attnviz.ui import widgets
from attnviz.ui.mechanisms import about, photo
from attnviz.ui.mechanisms.controls import controls
from attnviz.ui.mechanisms.drawn import Result, card
from attnviz.ui.mechanisms.given import Given, given

LARGEST = "mechanism-{}-largest"


@st.fragment
def one(mechanism: Mechanism) -> None:
    """What it is, and what it does with the input; runs again alone."""
    about.formula(mechanism)
    left, right = st.columns([2, 3], gap="large")
    with left:
        source = given(mechanism)
        values = controls(mechanism, "first")
        about.lineage(mechanism, MECHANISMS)
    with right:
        show(mechanism, source, values, "first")


def show(mechanism: Mechanism, source: Given | None, values: dict[str, Any], side: str) -> Result | None:
    """The map card of a mechanism on an input."""
    result = worked_out(mechanism, source, values, side)
    if result is None:
        return None
    if source is not None and photo.fits(result) and isinstance(source.inputs, FeatureMap):
        photo.over_places(result, side, source.inputs)
    else:
        weights = result.shown.maps[0].norm in ("softmax", "partial") and len(result.shown.maps[0].axes) > 1
        largest = weights and st.toggle("Strongest colour at the largest weight", key=LARGEST.format(side))
        card(result, f"mechanism-{side}", bool(largest))
    return result


def worked_out(mechanism: Mechanism, source: Given | None, values: dict[str, Any], side: str) -> Result | None:
    """The result for the present input; after an error, said in a sentence, the last one of this mechanism."""
    name = f"mechanism {side} {mechanism.name}"
    if source is None:
        kept: Result | None = st.session_state.get(f"last {name}")
        if kept is not None:
            st.caption("This is still the last result.")
        return kept

    def work() -> Result:
        start = time.perf_counter()
        shown = mechanism.run(source.inputs, **values)
        return Result(mechanism, shown, values, time.perf_counter() - start, source.of, source.photo)

    return widgets.attempt(work, name)[0]
