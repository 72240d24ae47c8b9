"""The visitor's points: kept while other mechanisms are open, dragged elsewhere, and typed here."""

from typing import Any

import numpy as np
import streamlit as st

from attnviz.errors import InputError
from attnviz.mechanisms import Points
from attnviz.mechanisms.widths import measured, points_of
from attnviz.ui import say

HELD, TYPED, LEARNED = "mechanism-points", "mechanism-points-typed", "mechanism-learned"


def example() -> list[tuple[float, float]]:
    """Twenty points around 2 sin(x) + x^0.8, with noise of deviation 0.5 from a fixed seed."""
    chance = np.random.default_rng(7)
    x = np.linspace(0.2, 4.8, 20) + chance.uniform(-0.1, 0.1, 20)
    y = 2 * np.sin(x) + x**0.8 + chance.normal(0, 0.5, 20)
    return [(round(float(a), 2), round(float(b), 2)) for a, b in zip(x, y, strict=True)]


def held() -> dict[str, Any]:
    """The visitor's points, the range in which they can be dragged, and the place that is asked for."""
    if HELD not in st.session_state:
        hold(example())
    kept: dict[str, Any] = st.session_state[HELD]
    return kept


def hold(points: list[tuple[float, float]]) -> None:
    """Takes new points; they are asked for in the middle, and what was learned of the last ones is forgotten."""
    x, y = ([point[axis] for point in points] for axis in (0, 1))
    ends = [*_around(x), *_around(y)]
    query = (ends[0] + ends[1]) / 2
    st.session_state[HELD] = {"points": points, "range": ends, "query": query, "serial": 0}
    st.session_state.pop(LEARNED, None)


def _around(values: list[float]) -> tuple[float, float]:
    """Ends with some room around what is there."""
    room = (max(values) - min(values)) * 0.15 or 1.0
    return min(values) - room, max(values) + room


def now() -> Points:
    """The points with a grid for their curve."""
    kept = held()
    return measured(kept["points"], *kept["range"][:2])


def typed() -> None:
    """The same points as numbers."""
    with st.expander("Points as numbers"):
        st.session_state[TYPED] = "\n".join(f"{x:g}, {y:g}" for x, y in held()["points"])
        st.text_area("x and y, a point a line", key=TYPED, on_change=_typed, height=180)
        if problem := st.session_state.pop(f"{TYPED}-problem", None):
            say.error(problem)
        st.button("Take the example again", key="mechanism-points-reset", on_click=lambda: hold(example()))


def _typed() -> None:
    try:
        hold(points_of(str(st.session_state[TYPED])))
    except InputError as error:
        st.session_state[f"{TYPED}-problem"] = str(error)
