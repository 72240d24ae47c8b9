"""Kernel regression as attention: the weights of all points for all places, and the error of left-out points for every width."""

from collections.abc import Sequence

import numpy as np

from attnviz import plot
from attnviz.exhibit import Exhibit
from attnviz.explain import spread
from attnviz.mechanisms import Points
from attnviz.mechanisms.widths import learned, left_out_errors
from attnviz.results.mechanism import MechanismResult
from attnviz.state import Choice, Chosen, Real
from attnviz.views.view import View

STEPS = 200
WIDTH, LEARNS, NOWHERE = "width", "learn", 0.0
NARROWEST, WIDEST = 0.05, 5.0
FROM = Choice("from", "The width that learning began with", Real(0.0, WIDEST, NARROWEST), NOWHERE, clicked=True)


def exhibits(result: MechanismResult, chosen: Chosen) -> Sequence[Exhibit]:
    """The weights, and the way to the best width."""
    return matrix(result, row_of(result, chosen["at"])), errors(result, chosen[FROM.name])


def points_of(result: MechanismResult) -> Points:
    """Its input."""
    points: Points = result.inputs  # type: ignore[assignment]  # the view fits nothing else
    return points


def row_of(result: MechanismResult, place: float) -> int:
    """The place of the grid that is nearest to one that is asked for."""
    return int(np.abs(points_of(result).grid - place).argmin())


def matrix(result: MechanismResult, row: int) -> Exhibit:
    """Places over points, one place framed."""
    points = points_of(result)
    m = result.shown.maps[0].labelled(
        query=tuple(f"{place:.2f}" for place in points.grid), key=tuple(f"{place:.2f}" for place in points.x)
    )
    figure = plot.heatmap(m, max(float(m.dense().max()), 1e-9), row).update_layout(height=430)
    figure.update_yaxes(title="asked at x", dtick=12, showticklabels=True)
    figure.update_xaxes(title="points at x", dtick=3, showticklabels=True, tickangle=0)
    caption = " ".join((plot.caption(m, result.of, None, result.title), *result.notes))
    legend = (
        f"An estimate spreads over {spread(m.dense()):.2f} of {len(points.x)} points on average. "
        f"Framed: the row for x = {points.grid[row]:.2f}."
    )
    return Exhibit("map", "The weights", (figure,), caption, (m,), result, legend)


def errors(result: MechanismResult, start: float) -> Exhibit:
    """The error of left-out points for every width, and the way that learning took."""
    points, path = points_of(result), way(result, start)
    width = path[-1][0] if path and LEARNS in result.values else float(result.values[WIDTH])
    widths = np.geomspace(0.01, 30, 60).tolist()
    values = left_out_errors(points, widths)
    best, now = int(np.argmin(values)), left_out_errors(points, [width])[0]
    caption = (
        f"Each point is foretold from all others: the mean squared error is {now:.4f} at width {width:.3f}, and least, "
        f"{values[best]:.4f}, near width {widths[best]:.2f}. A narrow one follows the noise, a wide one forgets the points."
    )
    return Exhibit("errors", "Which width is best?", (plot.width_errors(widths, values, width, path),), caption, (), result)


def way(result: MechanismResult, start: float) -> list[tuple[float, float]]:
    """(width, error) on the way down: of a mechanism that learns, or from a width where learning was asked for; else nothing."""
    if LEARNS in result.values:
        start = float(result.values[WIDTH]) if result.values[LEARNS] else NOWHERE
    return result.once(("way", start), lambda: list(learned(points_of(result), start, STEPS))) if start > NOWHERE else []


def choices(result: MechanismResult) -> Sequence[Choice]:
    """The place that is asked for, and where learning began."""
    grid = points_of(result).grid
    left, right = float(grid[0]), float(grid[-1])
    return Choice("at", "Asked at", Real(left, right, (right - left) / 100), (left + right) / 2, clicked=True), FROM


VIEW = View(
    "regression", "Weights and widths", MechanismResult, exhibits, choices, lambda result: isinstance(result.inputs, Points)
)
