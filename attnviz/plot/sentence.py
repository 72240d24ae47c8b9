"""A sentence from left to right, with one number a word or token: weights, odds or picks."""

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from attnviz.maps import AttentionMap
from attnviz.plot.heatmap import MAX_CELLS, MAX_LABELS, distinct
from attnviz.plot.style import GREY, HUES, WHAT, finish

ROW = 190


def sentence(maps: AttentionMap | Sequence[AttentionMap]) -> go.Figure:
    """Maps with one axis over the same words, one row of bars each, at most 256 of them.

    Weights are drawn up to the largest; gates and picks on a scale from 0 to 1, gates with the half marked.
    """
    rows = [maps] if isinstance(maps, AttentionMap) else list(maps)
    figure = make_subplots(rows=len(rows), shared_xaxes=True, vertical_spacing=0.08)
    for number, m in enumerate(rows, 1):
        weights = m.dense()[:MAX_CELLS]
        names = distinct(m.labels.get(m.axes[0], ()), len(weights))
        bars = go.Bar(
            x=names, y=weights, marker_color=f"rgb({HUES[m.norm]})", marker_line_width=0,
            hovertemplate="%{x}<br>" + WHAT[m.norm] + " %{y:.4f}<extra></extra>",
        )  # fmt: skip
        figure.add_trace(bars, row=number, col=1)
        summing = m.norm in ("softmax", "partial")
        top = max(float(weights.max(initial=0)) * 1.08, 1e-6) if summing else 1.05
        figure.update_yaxes(range=[0, top], title=WHAT[m.norm], fixedrange=True, nticks=4, row=number, col=1)
        if m.norm == "sigmoid":
            figure.add_hline(y=0.5, line={"color": GREY, "dash": "dot", "width": 1}, row=number, col=1)
    labelled = max(m.shape[0] for m in rows) <= MAX_LABELS
    figure.update_xaxes(type="category", tickmode="linear", ticks="", fixedrange=True, showgrid=False, automargin=True,
                        showticklabels=False)  # fmt: skip
    figure.update_xaxes(showticklabels=labelled, tickangle=-45, row=len(rows), col=1)
    return finish(figure, 80 + ROW * len(rows), bargap=0.25)
