"""Figures as .png and .svg, drawn on this machine; on a page a visitor's browser draws them."""

from collections.abc import Sequence

import plotly.graph_objects as go

from attnviz.errors import ExportError
from attnviz.exhibit import Exhibit
from attnviz.plot import Picture, in_a_row

PICTURE_WIDTH = 900


def pictured(exhibits: Sequence[Exhibit]) -> go.Figure:
    """The first figure that can be a picture, or photos of one exhibit in a row; ExportError where all are sentences."""
    for exhibit in exhibits:
        if any(isinstance(figure, Picture) for figure in exhibit.figures):
            return in_a_row([figure.as_figure() if isinstance(figure, Picture) else figure for figure in exhibit.figures])
        for figure in exhibit.figures:
            if isinstance(figure, go.Figure):
                return figure
    raise ExportError("a sentence is no picture", "write .html")


def as_picture(figure: go.Figure, kind: str) -> bytes:
    """PNG or SVG bytes, drawn by kaleido in an installed Chromium; ExportError where there is none."""
    try:
        return bytes(on_white(figure).to_image(format=kind, width=PICTURE_WIDTH, scale=2))
    except Exception as error:  # kaleido raises its browser's own errors, of many classes
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ExportError(
            f"no {kind.upper()} could be drawn, because kaleido found no working Chromium ({reason[:120]})",
            "install Chromium or Chrome, or export .html, .json or .npz instead",
        ) from None


def on_white(figure: go.Figure) -> go.Figure:
    """A copy for paper: scales that start transparent start white."""
    return go.Figure(figure).update_layout(paper_bgcolor="white", plot_bgcolor="white", template="plotly_white")
