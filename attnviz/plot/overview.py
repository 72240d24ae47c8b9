"""A long text's head as an overview: each cell is the largest weight of a tile, axes are numbers of tokens."""

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from attnviz.maps import Norm, edges
from attnviz.plot.style import GREY, HUES, colour_bar, fade, finish
from attnviz.weights import Edges, Floats

HEIGHT = 460
TARGETS = 32
STEPS = 255


def overview(
    pooled: Floats, rows: Edges, columns: Edges, norm: Norm = "softmax", window: tuple[range, range] | None = None
) -> go.Figure:
    """(row tile, column tile) weights, `rows` and `columns` being the positions where tiles begin, and the end.

    The shade grows with the square root of the weight, so that small ones are seen; one byte a cell is sent. `window` is framed.
    A drag selects a box in numbers of tokens.
    """
    top = max(float(pooled.max()), 1e-9)
    shade = (np.sqrt(pooled / top) * STEPS).round().astype(np.uint8)
    ticks = {"tickvals": [0, STEPS / 2, STEPS], "ticktext": [f"{share * top:.2g}" for share in (0, 0.25, 1)]}
    figure = go.Figure(
        go.Heatmap(
            z=shade, x=columns - 0.5, y=rows - 0.5, zmin=0, zmax=STEPS, colorscale=fade(HUES[norm]),
            colorbar=colour_bar(norm, top) | ticks, hoverinfo="skip",
        )
    )  # fmt: skip
    _targets(figure, pooled, rows, columns)
    if window is not None:
        figure.add_shape(type="rect", y0=window[0].start - 0.5, y1=window[0].stop - 0.5, x0=window[1].start - 0.5,
                         x1=window[1].stop - 0.5, line={"color": "rgb(217, 119, 6)", "width": 2})  # fmt: skip
    axis = {"showgrid": False, "zeroline": False, "fixedrange": True, "ticks": "outside", "tickcolor": GREY, "tickformat": ",d"}
    figure.update_xaxes(**axis, side="top", title={"text": "token looked at", "standoff": 4},
                        range=[columns[0] - 0.5, columns[-1] - 0.5], nticks=6)  # fmt: skip
    figure.update_yaxes(**axis, title={"text": "token that looks", "standoff": 4}, range=[rows[-1] - 0.5, rows[0] - 0.5])
    finish(figure, HEIGHT, hovermode="closest", hoverdistance=40)
    return figure.update_layout(dragmode="select")


def _targets(figure: go.Figure, pooled: Floats, rows: Edges, columns: Edges) -> None:
    """Heatmaps give no selection back, so invisible points lie over them, one for a square of tiles, which say what is there."""
    down, across = edges(len(rows) - 1, TARGETS), edges(len(columns) - 1, TARGETS)
    largest = np.maximum.reduceat(np.maximum.reduceat(pooled, down[:-1], axis=0), across[:-1], axis=1)
    first_row, first_column = np.meshgrid(rows[down[:-1]], columns[across[:-1]], indexing="ij")
    last_row, last_column = np.meshgrid(rows[down[1:]] - 1, columns[across[1:]] - 1, indexing="ij")
    parts: list[NDArray[np.generic]] = [first_row, last_row, first_column, last_column, largest]
    figure.add_scatter(
        x=((first_column + last_column) / 2).ravel().astype(np.float32),
        y=((first_row + last_row) / 2).ravel().astype(np.float32),
        mode="markers", marker={"size": 12, "symbol": "square", "opacity": 0},
        selected={"marker": {"opacity": 0}}, unselected={"marker": {"opacity": 0}},
        customdata=np.stack([part.ravel() for part in parts], axis=1).astype(np.float32),
        hovertemplate="tokens %{customdata[0]:,d} to %{customdata[1]:,d} look at<br>tokens %{customdata[2]:,d} to "
        "%{customdata[3]:,d}<br>with %{customdata[4]:.4f} at most<extra></extra>",
    )  # fmt: skip
