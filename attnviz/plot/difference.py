"""What one map has more of than another, on a scale that diverges from 0."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from attnviz.maps import AttentionMap
from attnviz.plot.heatmap import distinct, grid
from attnviz.plot.photo import BELOW, canvas
from attnviz.plot.style import BLUE, GREY, ORANGE, diverging, finish
from attnviz.weights import Floats

MOST = 40


def difference(first: AttentionMap, second: AttentionMap) -> go.Figure:
    """first - second, two maps with axes (query, key) over the same words: blue where the first has more, orange the second."""
    weights = first.dense() - second.dense()
    top = _top(weights)
    rows, columns = (distinct(first.labels.get(axis, ()), size) for axis, size in zip(first.axes, weights.shape, strict=True))
    return grid(weights, rows, columns, _cells(top, "%{y} → %{x}"))


def place_difference(gap: Floats) -> go.Figure:
    """(row, column), what one map over a photo has more of than another: blue above 0, orange below."""
    figure, cells = canvas(*gap.shape), _cells(_top(gap), "row %{y}, column %{x}")
    return figure.add_heatmap(z=gap, xgap=1, ygap=1, **cells | {"colorbar": cells["colorbar"] | BELOW})


def _top(gap: Floats) -> float:
    """The end of a scale that diverges from 0."""
    return max(float(np.abs(gap).max(initial=0)), 1e-3)


def _cells(top: float, where: str) -> dict[str, Any]:
    """Colours, their legend, and what a cell says, of a heatmap of differences."""
    bar = {
        "title": {"text": "difference", "side": "top"}, "thickness": 12, "len": 0.9, "outlinewidth": 0,
        "tickvals": [-top, 0, top], "ticktext": [f"{-top:+.2g}", "0", f"{top:+.2g}"],
    }  # fmt: skip
    said = f"{where}<br>%{{z:+.4f}}<extra></extra>"
    return {"zmin": -top, "zmax": top, "colorscale": diverging(), "colorbar": bar, "hovertemplate": said}


def word_difference(labels: Sequence[str], first: Sequence[float], second: Sequence[float]) -> go.Figure:
    """Bars of first - second, a word each in the order of the sentence: to the right where the first gives it more."""
    names = distinct(tuple(labels), len(labels))[:MOST]
    values = (np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64))[:MOST]
    top = max(float(np.abs(values).max(initial=0)), 1e-3) * 1.25
    figure = go.Figure(
        go.Bar(
            x=values, y=names, orientation="h", marker_color=[f"rgb({BLUE if value > 0 else ORANGE})" for value in values],
            text=[f"{value:+.2f}" for value in values], textposition="outside", cliponaxis=False,
            hovertemplate="%{y}: %{x:+.4f}<extra></extra>",
        )
    )  # fmt: skip
    figure.add_vline(x=0, line={"color": GREY, "width": 1})
    figure.update_xaxes(range=[-top, top], visible=False, fixedrange=True)
    figure.update_yaxes(autorange="reversed", fixedrange=True, ticks="", automargin=True, type="category", tickmode="linear")
    return finish(figure, 24 + 22 * len(names), bargap=0.3)
