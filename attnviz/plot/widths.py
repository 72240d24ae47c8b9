"""How well each width foretells points that were left out, and the way that learning took."""

from collections.abc import Sequence

import plotly.graph_objects as go

from attnviz.plot.style import BLUE, GREY, ORANGE, finish


def width_errors(
    widths: Sequence[float], errors: Sequence[float], now: float, path: Sequence[tuple[float, float]] = ()
) -> go.Figure:
    """Errors (width,) as a line over widths on a logarithmic axis; `now` is marked, and so is a `path` of (width, error)."""
    figure = go.Figure(
        go.Scatter(
            x=list(widths), y=list(errors), mode="lines", line={"color": f"rgb({BLUE})", "width": 2.5},
            hovertemplate="width %{x:.3g}<br>error %{y:.4f}<extra></extra>",
        )
    )  # fmt: skip
    figure.add_vline(x=now, line={"color": GREY, "width": 2, "dash": "dot"})
    if path:
        figure.add_scatter(
            x=[width for width, _ in path], y=[error for _, error in path], mode="lines+markers",
            marker={"size": [6] * (len(path) - 1) + [13], "color": f"rgb({ORANGE})"}, line={"color": f"rgb({ORANGE})", "width": 1},
            hovertemplate="step %{pointNumber}<br>width %{x:.4f}<br>error %{y:.4f}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(type="log", title="width", fixedrange=True, tickvals=[0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30], showgrid=False)
    figure.update_yaxes(title="error of left-out points", fixedrange=True, rangemode="tozero", nticks=5)
    return finish(figure, 260)
