"""Which word of the output looked at which word of the source, with the probability of each word written."""

from collections.abc import Sequence

import plotly.graph_objects as go

from attnviz.maps import AttentionMap
from attnviz.plot.heatmap import heatmap
from attnviz.plot.style import GREY

MAX_MARKED = 120


def alignment(
    m: AttentionMap, probabilities: Sequence[float], step: int | None = None, windows: Sequence[tuple[float, float, float]] = ()
) -> go.Figure:
    """A map with axes (query, key), a row for each word written; `probabilities`: (query,), shown beside the words.

    `step`: the row that is framed. `windows`: for local attention (left, centre, right) of each row, in positions of the keys.
    """
    figure = heatmap(m, 1.0, step)
    rows = list(figure.data[0].y)
    said = [f"{row}  {p:.2f}" for row, p in zip(rows, probabilities, strict=False)]
    figure.update_yaxes(tickmode="array", tickvals=rows, ticktext=said)
    last = len(figure.data[0].x) - 0.5
    for row, (left, centre, right) in enumerate(windows[:MAX_MARKED]):
        width, heights = (2 if row == step else 1), {"y0": row - 0.42, "y1": row + 0.42}
        ends = {"x0": max(-0.5, left - 0.5), "x1": min(last, right + 0.5)}
        figure.add_shape(type="rect", **ends, **heights, line={"color": GREY, "width": width, "dash": "dot"})
        figure.add_shape(type="line", x0=centre, x1=centre, **heights, line={"color": GREY, "width": 2 * width})
    return figure
