"""The numbers of a small heatmap, written into its cells."""

import numpy as np
import plotly.graph_objects as go

MOST = 10  # columns with room for two digits on a phone
STRONG = 0.55  # of the scale: darker cells carry white numbers, the others the page's own colour


def with_numbers(figure: go.Figure) -> go.Figure:
    """A figure of `heatmap` or `difference` with its numbers in the cells, where there are at most 10 columns."""
    cells = figure.data[0]
    weights = np.asarray(cells.z)
    if weights.shape[1] > MOST:
        return figure
    strong = np.abs(weights) > STRONG * cells.zmax
    for chosen, colour in ((strong, {"color": "white"}), (~strong, {})):
        places = np.argwhere(chosen & (weights != 0))
        figure.add_scatter(
            x=[cells.x[column] for _, column in places], y=[cells.y[row] for row, _ in places], mode="text",
            text=[f"{weights[row, column]:.2f}" for row, column in places], textfont={"size": 11, **colour}, hoverinfo="skip",
        )  # fmt: skip
    return figure
