"""Curves of deletion and insertion, over what random orders give."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from attnviz.plot.drawn import drawn
from attnviz.plot.style import BLUE

Curve = Mapping[int, float]
Band = Mapping[int, NDArray[np.float64]]  # number of parts -> what is said after as many of a random order, (order,)
LEVEL = 0.95
SHADE = "rgba(128, 128, 128, 0.25)"


def curves(deleted: tuple[Curve, Band], inserted: tuple[Curve, Band], parts: str) -> go.Figure:
    """Two panels: what is said while the strongest parts go, and while they come; grey is where 95 % of random orders lie."""
    traces = [trace for axis, side in (("", deleted), ("2", inserted)) for trace in _panel(axis, *side)]
    return drawn(
        traces, 240,
        xaxis={"domain": [0, 0.46], "title": {"text": f"{parts} hidden"}, "fixedrange": True, "zeroline": False},
        xaxis2={"domain": [0.54, 1], "title": {"text": f"{parts} kept"}, "fixedrange": True, "zeroline": False},
        yaxis={"title": {"text": "what is said"}, "fixedrange": True}, yaxis2={"anchor": "x2", "matches": "y", "fixedrange": True},
    )  # fmt: skip


def _panel(axis: str, curve: Curve, band: Band) -> list[dict[str, Any]]:
    places = {"type": "scatter", "xaxis": f"x{axis}", "yaxis": f"y{axis}"}
    between: Sequence[int] = sorted(band)
    ends = (min(curve), max(curve))
    low, high = (
        [curve[ends[0]], *(float(np.quantile(band[size], share)) for size in between), curve[ends[1]]]
        for share in ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
    )
    steps = [ends[0], *between, ends[1]]
    shade = {
        **places, "x": [*steps, *steps[::-1]], "y": [*low, *high[::-1]], "fill": "toself", "fillcolor": SHADE, "line": {"width": 0},
        "hoverinfo": "skip",
    }  # fmt: skip
    line = {
        **places, "x": list(curve), "y": list(curve.values()), "mode": "lines+markers", "line": {"color": f"rgb({BLUE})"},
        "hovertemplate": "%{x}: %{y:.3f}<extra></extra>",
    }  # fmt: skip
    return [shade, line]
