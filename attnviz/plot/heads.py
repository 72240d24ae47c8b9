"""All heads of a layer side by side, each as a heatmap on the same scale."""

import math

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from attnviz.maps import AttentionMap
from attnviz.plot.heatmap import MAX_CELLS, MAX_LABELS, distinct
from attnviz.plot.style import HUES, WHAT, colour_bar, fade, finish

MOST = 16
FEW = 4  # heads that stand two in a row; more stand four in a row
SIDE = 250


def side_by_side(m: AttentionMap, top: float = 1.0) -> go.Figure:
    """A map with axes (head, query, key): a heatmap for each of the first 16 heads; `top` is the end of their scale.

    At most 256 x 256 cells a head.
    """
    weights = m.dense()[:MOST, :MAX_CELLS, :MAX_CELLS]
    heads = len(weights)
    across = min(heads, 2 if heads <= FEW else 4)
    down = math.ceil(heads / across)
    rows, columns = (distinct(m.labels.get(axis, ()), size) for axis, size in zip(m.axes[1:], weights.shape[1:], strict=True))
    figure = make_subplots(
        rows=down, cols=across, shared_xaxes=True, shared_yaxes=True, horizontal_spacing=0.02, vertical_spacing=0.14 / down,
        subplot_titles=[f"head {head}" for head in range(heads)],
    )  # fmt: skip
    for head, each in enumerate(weights):
        figure.add_heatmap(
            z=np.ascontiguousarray(each), x=columns, y=rows, coloraxis="coloraxis", xgap=1, ygap=1,
            row=head // across + 1, col=head % across + 1,
            hovertemplate=f"head {head}: %{{y}} → %{{x}}<br>{WHAT[m.norm]} %{{z:.4f}}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(coloraxis={"cmin": 0, "cmax": top, "colorscale": fade(HUES[m.norm]), "colorbar": colour_bar(m.norm, top)})
    labelled = max(len(rows), len(columns)) <= MAX_LABELS
    axis = {"showgrid": False, "zeroline": False, "ticks": "", "type": "category", "automargin": True, "tickmode": "linear"}
    figure.update_xaxes(**axis, tickangle=-90, tickfont={"size": 10}, showticklabels=False)
    figure.update_xaxes(showticklabels=labelled, row=down)
    figure.update_yaxes(**axis, autorange="reversed", showticklabels=False)
    figure.update_yaxes(showticklabels=labelled, col=1)
    return finish(figure, 60 + SIDE * down).update_layout(margin_t=28)
