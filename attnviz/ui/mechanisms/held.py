"""The visitor's points: in the address, dragged elsewhere, and typed here."""

from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from attnviz.errors import InputError
from attnviz.mechanisms import Points
from attnviz.mechanisms.widths import measured, points_of
from attnviz.state import Choice, Numbers
from attnviz.ui import say
from attnviz.ui.controls import held_at
from attnviz.ui.state import State
from attnviz.views.regression import FROM

TYPED, PROBLEM = "mechanisms-typed", "mechanisms-typed-problem"
MOST = 256
Pair = tuple[float, float]


def example() -> tuple[Pair, ...]:
    """Twenty points around 2 sin(x) + x^0.8, with noise of deviation 0.5 from a fixed seed."""
    chance = np.random.default_rng(7)
    x = np.linspace(0.2, 4.8, 20) + chance.uniform(-0.1, 0.1, 20)
    y = 2 * np.sin(x) + x**0.8 + chance.normal(0, 0.5, 20)
    return tuple((round(float(a), 2), round(float(b), 2)) for a, b in zip(x, y, strict=True))


def around(points: tuple[Pair, ...]) -> tuple[float, float, float, float]:
    """Left, right, bottom and top, with some room around what is there."""
    ends: list[float] = []
    for axis in (0, 1):
        values = [point[axis] for point in points]
        room = (max(values) - min(values)) * 0.15 or 1.0
        ends += (min(values) - room, max(values) + room)
    left, right, bottom, top = ends
    return left, right, bottom, top


# Points are dragged within a frame that stays while they move.
POINTS = Choice("points", "Points", Numbers(2, 2, MOST), example(), clicked=True)
FRAME = Choice("frame", "Frame", Numbers(4), (around(example()),), clicked=True)


class Held(NamedTuple):
    """Points (x, y) in the visitor's order, and the frame in which they can be dragged."""

    at: tuple[Pair, ...]
    frame: tuple[float, float, float, float]

    @property
    def measured(self) -> Points:
        """With a grid for their curve."""
        return measured(self.at, *self.frame[:2])


def held(state: State) -> Held:
    """What the address says."""
    values: dict[str, Any] = state.take((POINTS, FRAME))
    left, right, bottom, top = values[FRAME.name][0]
    return Held(values[POINTS.name], (left, max(right, left + 1e-3), bottom, max(top, bottom + 1e-3)))


def hold(state: State, points: tuple[Pair, ...], frame: bool = True) -> None:
    """Takes points, with a new frame around them by choice; what was learned of the last ones is forgotten."""
    state.put(POINTS, points)
    state.forget((FROM.name, *(("at",) if frame else ())))
    if frame:
        state.put(FRAME, (around(points),))


def typed(state: State) -> None:
    """The same points as numbers."""

    def take() -> None:
        try:
            hold(state, tuple(points_of(str(st.session_state[TYPED]))[:MOST]))
        except InputError as error:
            st.session_state[PROBLEM] = str(error)

    with st.expander("Points as numbers"):
        held_at(TYPED, "\n".join(f"{x:g}, {y:g}" for x, y in held(state).at))
        st.text_area("x and y, a point a line", key=TYPED, on_change=take, height=180)
        if problem := st.session_state.pop(PROBLEM, None):
            say.error(problem)
        names = (POINTS.name, FRAME.name, FROM.name, "at")
        st.button("Take the example again", key="mechanisms-points-reset", on_click=state.forget, args=(names,))
