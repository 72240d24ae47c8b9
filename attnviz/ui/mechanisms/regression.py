"""Kernel regression: points to drag, the fitted curve, the matrix of its weights, and a width that is slid or learned."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from attnviz import plot
from attnviz.explain import spread
from attnviz.mechanisms import MECHANISMS, Mechanism, Points, Slider
from attnviz.mechanisms.widths import PLACES, learned, left_out_errors, nearest
from attnviz.ui import say, widgets
from attnviz.ui.mechanisms import about
from attnviz.ui.mechanisms.bench import worked_out
from attnviz.ui.mechanisms.controls import controls, key_of
from attnviz.ui.mechanisms.drawn import Result, files
from attnviz.ui.mechanisms.given import Given
from attnviz.ui.mechanisms.held import HELD, LEARNED, held, now, typed
from attnviz.ui.mechanisms.points import dragged

STEPS = 200
WIDTH, LEARNS = "width", "learn"


@st.fragment
def view(mechanism: Mechanism) -> None:
    """Points and curve beside the weights; runs again alone."""
    kept = held()
    about.formula(mechanism)
    left, right = st.columns([1, 1], gap="large")
    with left:
        canvas, slid, button = st.container(), st.container(), st.container()
    points = now()
    by_itself = any(control.name == LEARNS for control in mechanism.controls)
    with button:
        if not by_itself:
            learn(mechanism, points)
    with slid:
        values = controls(mechanism, "first")
    result = worked_out(mechanism, Given(points, f"{len(points.x)} points"), values, "first")
    if result is None:
        return
    with canvas:
        curve(points, kept, result)
    with right:
        matrix(points, kept, result)
        path = st.session_state.get(LEARNED, []) if not by_itself else way(points, values)
        errors(points, path[-1][0] if by_itself and path else float(values[WIDTH]), path)
    with left:
        typed()
        about.lineage(mechanism, MECHANISMS)


def _take(moved: dict[str, Any]) -> None:
    """What the browser says of a drag; numbers that it may not send change nothing."""
    kept: dict[str, Any] = st.session_state[HELD]
    left, right, bottom, top = kept["range"]
    try:
        points = [(float(x), float(y)) for x, y in moved["points"]]
        query, serial = float(moved["query"]), int(moved["serial"])
    except (TypeError, ValueError, KeyError, OverflowError):
        return
    if len(points) != len(kept["points"]) or not np.isfinite([*np.ravel(points), query]).all():
        return
    if points != kept["points"]:
        st.session_state.pop(LEARNED, None)
    inside = [(min(max(x, left), right), min(max(y, bottom), top)) for x, y in points]
    st.session_state[HELD] = {**kept, "points": inside, "query": min(max(query, left), right), "serial": serial}


def curve(points: Points, kept: dict[str, Any], result: Result) -> None:
    """The points, and the curve through them with its two limits."""
    fitted, weights, row = result.shown.output, result.shown.maps[0].dense(), _row(points, kept)
    near, mean = nearest(points), float(points.y.mean())
    # The component keeps the visitor's order of points, the maps that of x.
    place = {point: number for number, point in enumerate(sorted(kept["points"]))}
    drawn = {
        "range": kept["range"], "x": points.grid.tolist(), "curve": fitted.tolist(), "near": near.tolist(), "mean": mean,
        "answer": float(fitted[row]), "weights": [float(weights[row, place[tuple(point)]]) for point in kept["points"]],
    }  # fmt: skip
    dragged("mechanism-canvas", kept["points"], float(points.grid[row]), drawn, kept["serial"], _take)
    st.caption(
        f"Drag a point, or move it with the arrow keys; click elsewhere to ask for another place. Blue: the curve, each height a "
        f"mean of the points' heights by their weights. Dotted: its limit for width 0, the nearest point. Dashed: its limit for "
        f"an endless width, the mean {mean:.3f}. At x = {points.grid[row]:.2f} (orange) the answer is {fitted[row]:.3f}, and the "
        f"points are filled by their weights. The curve is up to {np.abs(fitted - near).max():.3f} from the nearest point's and "
        f"up to {np.abs(fitted - mean).max():.3f} from the mean."
    )


def _row(points: Points, kept: dict[str, Any]) -> int:
    return min(int(np.abs(points.grid - kept["query"]).argmin()), PLACES - 1)


def matrix(points: Points, kept: dict[str, Any], result: Result) -> None:
    """The weights of all points for all places, as a map card."""
    m = result.shown.maps[0].labelled(
        query=tuple(f"{place:.2f}" for place in points.grid), key=tuple(f"{place:.2f}" for place in points.x)
    )
    row = _row(points, kept)
    figure = plot.heatmap(m, max(float(m.dense().max()), 1e-9), row).update_layout(height=430)
    figure.update_yaxes(title="asked at x", dtick=12, showticklabels=True)
    figure.update_xaxes(title="points at x", dtick=3, showticklabels=True, tickangle=0)
    caption = plot.caption(m, result.of, result.seconds, result.mechanism.title)
    caption = " ".join((caption, *result.shown.notes))
    caption += (
        f" An estimate spreads over {spread(m.dense()):.2f} of {len(points.x)} points on average. "
        f"Framed: the row for x = {points.grid[row]:.2f}."
    )
    widgets.chart(figure, "mechanism-first-figure", caption)
    widgets.foot(m, caption, lambda: files(result, figure, caption, "mechanism-first"))


def learn(mechanism: Mechanism, points: Points) -> None:
    """A button that learns the width by gradient descent and moves the slider there; drawn before the slider, which hears of it."""
    slider = next(control for control in mechanism.controls if isinstance(control, Slider) and control.name == WIDTH)
    key = key_of(mechanism, slider, "first")
    if st.button("Learn the width", key="mechanism-learn", icon=":material/trending_down:"):
        path = descended(points, float(st.session_state.get(key, slider.value)))
        st.session_state[LEARNED] = path
        st.session_state[key] = min(max(path[-1][0], slider.low), slider.high)
    if path := list(st.session_state.get(LEARNED, [])):
        st.markdown(
            f"Learned width: **{path[-1][0]:.3f}**, from {path[0][0]:.3f} in {len(path) - 1} steps; the error of left-out points "
            f"went from {path[0][1]:.4f} to **{path[-1][1]:.4f}**."
        )


def way(points: Points, values: dict[str, Any]) -> list[tuple[float, float]]:
    """The way down from the width that is slid, for a mechanism that learns whenever it is switched on."""
    return list(learned(points, float(values[WIDTH]), STEPS)) if values[LEARNS] else []


def descended(points: Points, start: float) -> list[tuple[float, float]]:
    """The whole way down, with a bar that tells how far it is."""
    bar, path = st.progress(0.0, "Each point is foretold from all others"), []
    for step, (width, error) in enumerate(learned(points, start, STEPS)):
        path.append((width, error))
        if step % 10 == 0:
            bar.progress(step / STEPS, f"Step {step} of {STEPS}: width {width:.3f}, error {error:.4f}")
    bar.empty()
    return path


def errors(points: Points, width: float, path: Sequence[tuple[float, float]]) -> None:
    """The error of left-out points for every width, and the way that learning took."""
    widths = np.geomspace(0.01, 30, 60).tolist()
    values = left_out_errors(points, widths)
    best = int(np.argmin(values))
    figure = plot.width_errors(widths, values, width, path)
    now = left_out_errors(points, [width])[0]
    caption = (
        f"Each point is foretold from all others: the mean squared error is {now:.4f} at width {width:.3f}, and least, "
        f"{values[best]:.4f}, near width {widths[best]:.2f}. A narrow one follows the noise, a wide one forgets the points."
    )
    widgets.chart(figure, "mechanism-errors", caption)
    say.caption(caption)
