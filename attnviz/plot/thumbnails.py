"""All layers and heads at a glance: one small picture a head, in one figure."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from attnviz.plot.drawn import drawn
from attnviz.plot.style import BLUE, GREY, fade
from attnviz.weights import Floats

SIDE = 24
GAP = 3


def thumbnails(
    layers: Sequence[Sequence[Floats]], chosen: tuple[int, int] | None = None, hints: Sequence[str] = (),
    values: Sequence[Sequence[object]] | None = None,
) -> go.Figure:  # fmt: skip
    """One (query, key) matrix for each layer and head; rows are layers, columns are heads, `chosen` is framed.

    Each picture is scaled to its own largest weight, so pictures show shapes and cannot be compared in strength.
    A click on a picture selects a point whose customdata is [layer, head], or what `values` has for it.
    """
    tiles = [[tile(weights) for weights in heads] for heads in layers]
    (high, wide), many = tiles[0][0].shape, (len(tiles), len(tiles[0]))
    canvas = np.zeros((many[0] * (high + GAP), many[1] * (wide + GAP)), dtype=np.uint8)
    for layer, heads in enumerate(tiles):
        for head, picture in enumerate(heads):
            top, left = layer * (high + GAP), head * (wide + GAP)
            canvas[top : top + high, left : left + wide] = picture
    pictures = {
        "type": "heatmap", "z": canvas, "zmin": 0, "zmax": 255, "colorscale": fade(BLUE), "showscale": False, "hoverinfo": "skip",
    }  # fmt: skip
    return drawn(
        [pictures, _targets(_centres(many[0], high), _centres(many[1], wide), hints, values)], 70 + 46 * many[0],
        xaxis={**_axis("head", _centres(many[1], wide)), "side": "top"},
        yaxis={**_axis("layer", _centres(many[0], high)), "autorange": "reversed"},
        shapes=_frames(many, (high, wide), chosen), hovermode="closest", hoverdistance=40, clickmode="event+select",
    )  # fmt: skip


def _centres(count: int, side: int) -> list[float]:
    """The middles of pictures along an axis."""
    return [i * (side + GAP) + (side - 1) / 2 for i in range(count)]


def _axis(name: str, centres: list[float]) -> dict[str, Any]:
    """Numbers at the middles of the pictures."""
    return {
        "showgrid": False, "zeroline": False, "ticks": "", "fixedrange": True, "tickmode": "array",
        "tickvals": centres, "ticktext": [str(i) for i in range(len(centres))],
        "title": {"text": name, "standoff": 4},
    }  # fmt: skip


def tile(weights: Floats, side: int = SIDE) -> NDArray[np.uint8]:
    """(query, key) -> at most (side, side) bytes, the largest weight of each part, 255 for the largest of all."""
    for axis in (0, 1):
        length = weights.shape[axis]
        if length <= side:
            continue
        edges = np.linspace(0, length, min(length, side) + 1).round().astype(int)[:-1]
        weights = np.maximum.reduceat(weights, edges, axis=axis)
    return (weights / max(float(weights.max()), 1e-9) * 255).round().astype(np.uint8)


def _frames(many: tuple[int, int], size: tuple[int, int], chosen: tuple[int, int] | None) -> list[dict[str, Any]]:
    """A thin frame around each picture, all of them one shape, and a strong one around the chosen."""
    (high, wide), down, across = size, size[0] + GAP, size[1] + GAP
    around = [
        f"M{head * across - 1} {layer * down - 1}H{head * across + wide}V{layer * down + high}H{head * across - 1}Z"
        for layer in range(many[0]) for head in range(many[1])
    ]  # fmt: skip
    frames: list[dict[str, Any]] = [{"type": "path", "path": "".join(around), "line": {"color": GREY, "width": 0.5}}]
    if chosen is not None:
        y, x = chosen[0] * down, chosen[1] * across
        ends = {"x0": x - 1, "x1": x + wide, "y0": y - 1, "y1": y + high}
        frames.append({"type": "rect", **ends, "line": {"color": f"rgb({BLUE})", "width": 3}})
    return frames


def _targets(
    down: list[float], across: list[float], hints: Sequence[str], values: Sequence[Sequence[object]] | None
) -> dict[str, Any]:
    """Heatmaps give no selection back, so each picture carries an invisible point."""
    places = [(layer, head) for layer in range(len(down)) for head in range(len(across))]
    return {
        "type": "scatter", "mode": "markers", "marker": {"size": 30, "symbol": "square", "opacity": 0},
        "x": [across[head] for _, head in places], "y": [down[layer] for layer, _ in places],
        "selected": {"marker": {"opacity": 0}}, "unselected": {"marker": {"opacity": 0}},
        "customdata": [list(value) for value in (places if values is None else values)],
        "hovertext": list(hints) or [f"layer {layer}, head {head}" for layer, head in places], "hoverinfo": "text",
    }  # fmt: skip
