"""Two mechanisms on the same input, and where one looks more than the other."""

import numpy as np
import streamlit as st

from attnviz import plot
from attnviz.maps import AttentionMap
from attnviz.mechanisms import Mechanism
from attnviz.ui import say, widgets
from attnviz.ui.mechanisms import about
from attnviz.ui.mechanisms.bench import show
from attnviz.ui.mechanisms.controls import controls
from attnviz.ui.mechanisms.drawn import HEADS, Result
from attnviz.ui.mechanisms.given import BOXES, given

SIDES = ("first", "second")
SUMMING = ("softmax", "partial", "onehot")


@st.fragment
def both(first: Mechanism, second: Mechanism) -> None:
    """One input, two sets of controls, two maps and their difference; runs again alone."""
    alike = kind_of_input(first) == kind_of_input(second)
    shared = given(max(first, second, key=lambda each: len(BOXES.get(each.input, ())))) if alike else None
    columns = st.columns(2, gap="large")
    results = []
    for column, mechanism, side in zip(columns, (first, second), SIDES, strict=True):
        with column:
            st.subheader(mechanism.title, anchor=False)
            about.formula(mechanism)
            source = shared if alike else given(mechanism)
            results.append(show(mechanism, source, controls(mechanism, side), side))
    if results[0] is not None and results[1] is not None:
        st.subheader("Difference", anchor=False)
        if not alike:
            st.info(f"{first.title} and {second.title} take different kinds of input, so there is no difference to draw.")
        else:
            difference(results[0], results[1])


def kind_of_input(mechanism: Mechanism) -> str:
    """What two mechanisms must share to run on one input; one that asks itself takes the queries of three matrices."""
    return "vectors" if mechanism.input in BOXES else mechanism.input


def difference(first: Result, second: Result) -> None:
    """The first minus the second where their maps can be laid over each other, else why they cannot."""
    maps = [laid_flat(result.shown.maps[0]) for result in (first, second)]
    titles = [result.mechanism.title for result in (first, second)]
    if maps[0] is None or maps[1] is None or maps[0].shape != maps[1].shape:
        shapes = [" x ".join(map(str, result.shown.maps[0].shape)) for result in (first, second)]
        st.info(
            f"Maps of {shapes[0]} ({', '.join(first.shown.maps[0].axes)}) and {shapes[1]} ({', '.join(second.shown.maps[0].axes)}) "
            "numbers cannot be laid over each other."
        )
        return
    gap = np.abs(maps[0].dense() - maps[1].dense())
    caption = f"{titles[0]} minus {titles[1]}. Blue: the first looks there more. Orange: the second does."
    if all(result.shown.maps[0].norm in SUMMING for result in (first, second)):
        caption += f" On average {float(gap.sum(-1).mean() / 2):.1%} of a query's attention lies elsewhere."
    caption += f" The largest difference is {float(gap.max()):.4f}."
    if any(result.shown.maps[0].axes == HEADS for result in (first, second)):
        caption += " Of several heads the mean is taken."
    left, _ = st.columns([3, 2])
    with left:
        widgets.chart(plot.with_numbers(plot.difference(maps[0], maps[1])), "mechanism-difference", caption)
        say.caption(caption)


def laid_flat(m: AttentionMap) -> AttentionMap | None:
    """A map with axes (query, key), of several heads their mean; None for other axes."""
    if m.axes == HEADS:
        return m.mean_of_heads()
    return m if m.axes == ("query", "key") else None
