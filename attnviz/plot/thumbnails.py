"""All layers and heads at a glance: one small picture a head, in one figure."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from attnviz.plot.style import BLUE, GREY, fade, finish
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
    figure = go.Figure(go.Heatmap(z=canvas, zmin=0, zmax=255, colorscale=fade(BLUE), showscale=False, hoverinfo="skip"))
    figure.update_layout(shapes=_frames(len(tiles), len(tiles[0]), side, chosen))
    _targets(figure, len(tiles), len(tiles[0]), side, hints)
    centres = [i * step + (side - 1) / 2 for i in range(max(len(tiles), len(tiles[0])))]
    axis = {"showgrid": False, "zeroline": False, "ticks": "", "fixedrange": True, "tickmode": "array"}
    figure.update_xaxes(**axis, tickvals=centres[: len(tiles[0])], ticktext=[str(i) for i in range(len(tiles[0]))],
                        side="top", title={"text": "head", "standoff": 4})  # fmt: skip
    figure.update_yaxes(**axis, tickvals=centres[: len(tiles)], ticktext=[str(i) for i in range(len(tiles))],
                        autorange="reversed", title={"text": "layer", "standoff": 4})  # fmt: skip
    return finish(figure, 70 + 46 * len(tiles), hovermode="closest", hoverdistance=40, clickmode="event+select")


def tile(weights: Floats, side: int = SIDE) -> NDArray[np.uint8]:
    """(query, key) -> at most (side, side) bytes, the largest weight of each part, 255 for the largest of all."""
    for axis in (0, 1):
        length = weights.shape[axis]
        edges = np.linspace(0, length, min(length, side) + 1).round().astype(int)[:-1]
        weights = np.maximum.reduceat(weights, edges, axis=axis)
    return (weights / max(float(weights.max()), 1e-9) * 255).round().astype(np.uint8)


def _frames(layers: int, heads: int, side: int, chosen: tuple[int, int] | None) -> list[dict[str, object]]:
    """A frame around each picture, a strong one around the chosen."""
    step = side + GAP
    thin, strong = {"color": GREY, "width": 0.5}, {"color": f"rgb({BLUE})", "width": 3}
    return [
        {
            "type": "rect", "x0": head * step - 1, "x1": head * step + side, "y0": layer * step - 1, "y1": layer * step + side,
            "line": strong if (layer, head) == chosen else thin,
        }
        for layer in range(layers) for head in range(heads)
    ]  # fmt: skip


def _targets(figure: go.Figure, layers: int, heads: int, side: int, hints: Sequence[str]) -> None:
    """Heatmaps give no selection back, so each picture carries an invisible point."""
    step = side + GAP
    places = [(layer, head) for layer in range(layers) for head in range(heads)]
    figure.add_scatter(
        x=[head * step + (side - 1) / 2 for _, head in places], y=[layer * step + (side - 1) / 2 for layer, _ in places],
        mode="markers", marker={"size": 30, "symbol": "square", "opacity": 0},
        selected={"marker": {"opacity": 0}}, unselected={"marker": {"opacity": 0}},
        customdata=[list(place) for place in places],
        hovertext=list(hints) or [f"layer {layer}, head {head}" for layer, head in places], hoverinfo="text",
    )  # fmt: skip
