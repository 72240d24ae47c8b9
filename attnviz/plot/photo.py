"""A photo, a gate over (row, column), and the two laid over each other; all squares of the same size."""

import base64
import io

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from PIL import Image

from attnviz.maps import AttentionMap
from attnviz.plot.style import HUES, WHAT, colour_bar, fade, finish
from attnviz.weights import Floats

Pixels = NDArray[np.uint8]
PICTURE = 274
# Room for a legend below a picture.
FOOT = 66
BELOW = {"orientation": "h", "y": 0, "yanchor": "top", "ypad": 6, "len": 0.6}
# What was not attended keeps this share of its brightness.
DIMMED = 0.3
FRAME = f"rgb({HUES['sigmoid']})"
# A picture is sent at no more than this many pixels a side; what is smaller is enlarged without smoothing.
SENT = 384


def photo(pixels: Pixels, box: tuple[float, float, float, float] | None = None, foot: int = 8) -> go.Figure:
    """(row, column, 3) bytes as a picture; `box` is a frame (top, left, bottom, right) in its pixels.

    `foot` is the room below in pixels: FOOT makes the picture as large as a gate map beside it.
    """
    rows, columns = pixels.shape[:2]
    figure = canvas(rows, columns, foot)
    figure.add_layout_image(laid(small(pixels), rows, columns))
    if box is not None:
        top, left, bottom, right = box
        figure.add_shape(
            type="rect", x0=left - 0.5, x1=right - 0.5, y0=top - 0.5, y1=bottom - 0.5, line={"color": FRAME, "width": 3}
        )
        figure.update_xaxes(range=[min(left, 0) - 0.5, max(right, columns) - 0.5])
        figure.update_yaxes(range=[max(bottom, rows) - 0.5, min(top, 0) - 0.5])
    return figure


def gate_map(m: AttentionMap, bottom: float = 0.0, top: float = 1.0, smooth: bool = False) -> go.Figure:
    """A map over rows and columns on a scale from `bottom` to `top`, at its true resolution or bilinear between its places."""
    gates = m.dense()
    figure = canvas(*gates.shape)
    figure.add_heatmap(
        z=gates, zmin=bottom, zmax=top, colorscale=fade(HUES[m.norm]),
        **({"zsmooth": "best"} if smooth else {"xgap": 1, "ygap": 1}),
        colorbar=colour_bar(m.norm, top, bottom) | BELOW,
        hovertemplate=hover(m),
    )  # fmt: skip
    return figure


def overlay(
    m: AttentionMap, pixels: Pixels, opacity: float = 0.8, bottom: float = 0.0, top: float = 1.0, smooth: bool = False
) -> go.Figure:
    """The photo where the gate is open, dimmed and grey where it is shut; `opacity` is how far, from 0 to 1.

    At the map's true resolution, or bilinear between its places.
    """
    gates = m.dense()
    figure = canvas(*gates.shape)
    figure.add_layout_image(laid(laid_over(m, pixels, opacity, bottom, top, smooth), *gates.shape))
    figure.add_heatmap(z=gates, opacity=0, showscale=False, hovertemplate=hover(m))
    return figure


def laid_over(
    m: AttentionMap, pixels: Pixels, opacity: float = 0.8, bottom: float = 0.0, top: float = 1.0, smooth: bool = False
) -> Pixels:
    """The picture of `overlay` alone."""
    share = np.clip((m.dense() - bottom) / max(top - bottom, 1e-9), 0, 1)
    return dimmed(small(pixels), share.astype(np.float32), opacity, smooth)


def framed(figure: go.Figure, row: int, column: int) -> go.Figure:
    """The same figure with a frame around one cell, white within black, so that it shows on any photo."""
    for colour, width in (("black", 5), ("white", 2)):
        figure.add_shape(
            type="rect", x0=column - 0.5, x1=column + 0.5, y0=row - 0.5, y1=row + 0.5, line={"color": colour, "width": width}
        )
    return figure


def hover(m: AttentionMap) -> str:
    """What a cell says under the pointer."""
    return "row %{y}, column %{x}<br>" + WHAT[m.norm] + " %{z:.4f}<extra></extra>"


def dimmed(pixels: Pixels, share: Floats, opacity: float, smooth: bool = False) -> Pixels:
    """`share` (row, column) in [0, 1], laid over the photo cell by cell, or bilinear between the middles of the cells."""
    rows, columns = pixels.shape[:2]
    if smooth:
        spread = np.asarray(Image.fromarray(share).resize((columns, rows), Image.Resampling.BILINEAR))
    else:
        spread = share[np.arange(rows) * share.shape[0] // rows][:, np.arange(columns) * share.shape[1] // columns]
    keep = 1 - opacity * (1 - spread[:, :, None])
    grey = pixels.mean(-1, keepdims=True) * DIMMED
    mixed: Pixels = (pixels * keep + grey * (1 - keep)).round().astype(np.uint8)
    return mixed


def small(pixels: Pixels) -> Pixels:
    """The picture that is sent in place of another; what is smaller is enlarged without smoothing."""
    image = Image.fromarray(pixels)
    if max(image.size) >= SENT:
        image.thumbnail((SENT, SENT))
        return np.array(image)
    return pixels.repeat(SENT // max(image.size), axis=0).repeat(SENT // max(image.size), axis=1)


def canvas(rows: int, columns: int, foot: int = FOOT) -> go.Figure:
    """Square cells, row 0 on top, no axes."""
    figure = go.Figure()
    figure.update_xaxes(visible=False, range=[-0.5, columns - 0.5], constrain="domain", fixedrange=True)
    figure.update_yaxes(visible=False, range=[rows - 0.5, -0.5], scaleanchor="x", constrain="domain", fixedrange=True)
    return finish(figure, PICTURE + foot).update_layout(margin_b=foot)


def as_url(pixels: Pixels) -> str:
    """A picture as the text that a browser takes in place of an address; with a fourth channel, how opaque it is, as PNG."""
    buffer, kind = io.BytesIO(), "png" if pixels.shape[-1] == 4 else "jpeg"
    Image.fromarray(pixels).save(buffer, format=kind, quality=85)
    return f"data:image/{kind};base64," + base64.b64encode(buffer.getvalue()).decode()


def laid(pixels: Pixels, rows: int, columns: int) -> dict[str, object]:
    """A layout image that fills `rows` x `columns` cells."""
    return {
        "source": as_url(pixels), "xref": "x", "yref": "y", "x": -0.5, "y": -0.5, "sizex": columns, "sizey": rows,
        "sizing": "stretch", "layer": "below",
    }  # fmt: skip
