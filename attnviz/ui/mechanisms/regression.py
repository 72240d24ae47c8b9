"""Kernel regression on the page: points to drag, the fitted curve, and a width that is slid or learned."""

from typing import Any

import numpy as np
import streamlit as st

from attnviz.mechanisms.widths import nearest
from attnviz.results.mechanism import MechanismResult
from attnviz.state import Chosen
from attnviz.ui.mechanisms.held import held, hold
from attnviz.ui.mechanisms.points import dragged
from attnviz.ui.state import State
from attnviz.views.regression import FROM, LEARNS, VIEW, WIDTH, choices, points_of, row_of, way

__all__ = ["VIEW", "canvas"]

KEY = "mechanisms-canvas"


def canvas(state: State, result: MechanismResult, chosen: Chosen) -> None:
    """The points, the curve through them with its two limits, and a button that learns the width."""
    points, shown, frame = points_of(result), held(state), held(state).frame
    fitted, weights, row = result.output, result.shown.maps[0].dense(), row_of(result, chosen["at"])
    near, mean = nearest(points), float(points.y.mean())
    # The component keeps the visitor's order of points, the maps that of x.
    place = {point: number for number, point in enumerate(sorted(shown.at))}
    drawn = {
        "range": frame, "x": points.grid.tolist(), "curve": fitted.tolist(), "near": near.tolist(), "mean": mean,
        "answer": float(fitted[row]), "weights": [float(weights[row, place[point]]) for point in shown.at],
    }  # fmt: skip
    asked = float(points.grid[row])
    dragged(KEY, shown.at, asked, drawn, lambda moved: _take(state, result, moved))
    st.caption(
        f"Drag a point, or move it with the arrow keys; click elsewhere to ask for another place. Blue: the curve, each height a "
        f"mean of the points' heights by their weights. Dotted: its limit for width 0, the nearest point. Dashed: its limit for "
        f"an endless width, the mean {mean:.3f}. At x = {asked:.2f} (orange) the answer is {fitted[row]:.3f}, and the "
        f"points are filled by their weights. The curve is up to {np.abs(fitted - near).max():.3f} from the nearest point's and "
        f"up to {np.abs(fitted - mean).max():.3f} from the mean."
    )
    if LEARNS not in result.values:
        _learn(state, result, chosen[FROM.name])


def _take(state: State, result: MechanismResult, moved: dict[str, Any]) -> None:
    """What the browser says of a drag; numbers that it may not send change nothing."""
    kept = held(state)
    left, right, bottom, top = kept.frame
    try:
        points = [(float(x), float(y)) for x, y in moved["points"]]
        query = float(moved["query"])
    except (TypeError, ValueError, KeyError, OverflowError):
        return
    if len(points) != len(kept.at) or not np.isfinite([*np.ravel(points), query]).all():
        return
    inside = tuple((min(max(x, left), right), min(max(y, bottom), top)) for x, y in points)
    if inside != kept.at:
        hold(state, inside, frame=False)
    state.put(choices(result)[0], min(max(query, left), right))


def _learn(state: State, result: MechanismResult, start: float) -> None:
    """A button that learns the width by gradient descent, to which the slider then goes."""
    width = next(choice for choice in result.mechanism.choices if choice.name == WIDTH)

    def learn() -> None:
        path = way(result, float(result.values[WIDTH]))
        state.put(FROM, float(result.values[WIDTH]))
        state.put(width, round(min(max(path[-1][0], width.allowed.low), width.allowed.high), 3))  # type: ignore[attr-defined]

    st.button("Learn the width", key="mechanisms-learn", icon=":material/trending_down:", on_click=learn)
    if path := way(result, start):
        st.markdown(
            f"Learned width: **{path[-1][0]:.3f}**, from {path[0][0]:.3f} in {len(path) - 1} steps; the error of left-out points "
            f"went from {path[0][1]:.4f} to **{path[-1][1]:.4f}**."
        )
