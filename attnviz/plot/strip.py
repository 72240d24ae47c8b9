"""Several pictures of one photo in a row, as one figure: for a file, where pages lay out single figures."""

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from attnviz.plot.style import finish

HEIGHT = 340


def in_a_row(panels: Sequence[go.Figure]) -> go.Figure:
    """Pictures, as `photo` and `gate_map` draw them, side by side."""
    figure = make_subplots(rows=1, cols=len(panels), horizontal_spacing=0.02)
    for column, panel in enumerate(panels, start=1):
        _place(figure, panel, column)
    return finish(figure, HEIGHT)


def _place(figure: go.Figure, panel: go.Figure, column: int) -> None:
    """Moves a picture's traces, images and axes into a column of the figure."""
    number = "" if column == 1 else str(column)
    for image in panel.layout.images:
        figure.add_layout_image(image.update(xref=f"x{number}", yref=f"y{number}"))
    for shape in panel.layout.shapes:
        figure.add_shape(shape.update(xref=f"x{number}", yref=f"y{number}"))
    for trace in panel.data:
        figure.add_trace(trace.update(showscale=False), row=1, col=column)
    figure.update_xaxes(visible=False, range=panel.layout.xaxis.range, constrain="domain", row=1, col=column)
    figure.update_yaxes(
        visible=False, range=panel.layout.yaxis.range, constrain="domain", scaleanchor=f"x{number}", row=1, col=column
    )  # fmt: skip
