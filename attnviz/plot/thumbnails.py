"""All layers and heads at a glance: one small picture a head, in one figure."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from attnviz.plot.style import BLUE, GREY, drawn, fade
from attnviz.weights import Floats

SIDE = 24
GAP = 3


def thumbnails(layers: Sequence[Sequence[Floats]], chosen: tuple[int, int] | None = None, hints: Sequence[str] = ()) -> go.Figure:
    """One (query, key) matrix for each layer and head; rows are layers, columns are heads, `chosen` is framed.

    Each picture is scaled to its own largest weight, so pictures show shapes and cannot be compared in strength.
    A click on a picture selects a point whose customdata is [layer, head].
    """
    tiles = [[tile(weights) for weights in heads] for heads in layers]
    side = tiles[0][0].shape[0]
    step = side + GAP
    canvas = np.zeros((len(tiles) * step, len(tiles[0]) * step), dtype=np.uint8)
    for layer, heads in enumerate(tiles):
        for head, picture in enumerate(heads):
            canvas[layer * step : layer * step + side, head * step : head * step + side] = picture
    pictures = {
        "type": "heatmap", "z": canvas, "zmin": 0, "zmax": 255, "colorscale": fade(BLUE), "showscale": False, "hoverinfo": "skip",
    }  # fmt: skip
    return drawn(
        [pictures, _targets(len(tiles), len(tiles[0]), side, hints)], 70 + 46 * len(tiles),
        xaxis={**_axis("head", len(tiles[0]), side), "side": "top"},
        yaxis={**_axis("layer", len(tiles), side), "autorange": "reversed"},
        shapes=_frames(len(tiles), len(tiles[0]), side, chosen), hovermode="closest", hoverdistance=40, clickmode="event+select",
    )  # fmt: skip


def _axis(name: str, count: int, side: int) -> dict[str, Any]:
    """Numbers at the middles of the pictures."""
    return {
        "showgrid": False, "zeroline": False, "ticks": "", "fixedrange": True, "tickmode": "array",
        "tickvals": [i * (side + GAP) + (side - 1) / 2 for i in range(count)], "ticktext": [str(i) for i in range(count)],
        "title": {"text": name, "standoff": 4},
    }  # fmt: skip


def tile(weights: Floats, side: int = SIDE) -> NDArray[np.uint8]:
    """(query, key) -> at most (side, side) bytes, the largest weight of each part, 255 for the largest of all."""
    for axis in (0, 1):
        length = weights.shape[axis]
        edges = np.linspace(0, length, min(length, side) + 1).round().astype(int)[:-1]
        weights = np.maximum.reduceat(weights, edges, axis=axis)
    return (weights / max(float(weights.max()), 1e-9) * 255).round().astype(np.uint8)


def _frames(layers: int, heads: int, side: int, chosen: tuple[int, int] | None) -> list[dict[str, Any]]:
    """A thin frame around each picture, all of them one shape, and a strong one around the chosen."""
    step = side + GAP
    around = [
        f"M{head * step - 1} {layer * step - 1}H{head * step + side}V{layer * step + side}H{head * step - 1}Z"
        for layer in range(layers) for head in range(heads)
    ]  # fmt: skip
    frames: list[dict[str, Any]] = [{"type": "path", "path": "".join(around), "line": {"color": GREY, "width": 0.5}}]
    if chosen is not None:
        y, x = (place * step for place in chosen)
        ends = {"x0": x - 1, "x1": x + side, "y0": y - 1, "y1": y + side}
        frames.append({"type": "rect", **ends, "line": {"color": f"rgb({BLUE})", "width": 3}})
    return frames


def _targets(layers: int, heads: int, side: int, hints: Sequence[str]) -> dict[str, Any]:
    """Heatmaps give no selection back, so each picture carries an invisible point."""
    step = side + GAP
    places = [(layer, head) for layer in range(layers) for head in range(heads)]
    return {
        "type": "scatter", "mode": "markers", "marker": {"size": 30, "symbol": "square", "opacity": 0},
        "x": [head * step + (side - 1) / 2 for _, head in places], "y": [layer * step + (side - 1) / 2 for layer, _ in places],
        "selected": {"marker": {"opacity": 0}}, "unselected": {"marker": {"opacity": 0}},
        "customdata": [list(place) for place in places],
        "hovertext": list(hints) or [f"layer {layer}, head {head}" for layer, head in places], "hoverinfo": "text",
    }  # fmt: skip
