"""One number a word as a heatmap of one row, in the order of the sentence."""

from dataclasses import replace

import plotly.graph_objects as go

from attnviz.maps import AttentionMap
from attnviz.plot.heatmap import heatmap
from attnviz.plot.style import GREY, WHAT
from attnviz.weights import Dense

HEIGHT = 200


def one_row(m: AttentionMap, top: float = 1.0, locked: int | None = None) -> go.Figure:
    """A map with one axis; `top` is the end of the scale, `locked` a word that is framed. At most 256 cells."""
    axis = m.axes[0]
    row = replace(m, axes=("query", "key"), weights=Dense(m.dense()[None]), labels={"query": ("",), "key": m.labels.get(axis, ())})
    figure = heatmap(row, top)
    figure.update_traces(hovertemplate="%{x}<br>" + WHAT[m.norm] + " %{z:.4f}<extra></extra>")
    if locked is not None:
        ends = {"x0": locked - 0.5, "x1": locked + 0.5, "y0": -0.5, "y1": 0.5}
        figure.add_shape(type="rect", **ends, line={"color": GREY, "width": 3})
    figure.update_yaxes(showticklabels=False)
    return figure.update_layout(height=HEIGHT)
