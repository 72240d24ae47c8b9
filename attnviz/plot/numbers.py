"""The numbers of a small heatmap, written into its cells in black or white, whichever is read better there."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

MIDDLE = 0.179  # the luminance on which black and white are read alike, at 4.6 to 1
MOST = 10  # columns with room for two digits on a phone
WHITE = (255, 255, 255)
IN_CELLS = "numbers in cells"  # what the trace is called by who draws it on another ground


def with_numbers(figure: go.Figure) -> go.Figure:
    """A figure of `heatmap` or `difference` with its numbers in the cells, where there are at most 10 columns."""
    cells = figure.data[0]
    weights = np.asarray(cells.z)
    if weights.shape[1] > MOST:
        return figure
    places = np.argwhere(weights != 0)
    shares = [f"{(weights[row, column] - cells.zmin) / (cells.zmax - cells.zmin):.4f}" for row, column in places]
    figure.add_scatter(
        x=[cells.x[column] for _, column in places], y=[cells.y[row] for row, _ in places], mode="text", meta=IN_CELLS,
        text=[f"{weights[row, column]:.2f}" for row, column in places], customdata=shares, hoverinfo="skip",
        textfont={"size": 11, "color": inks(shares, cells.colorscale, WHITE)},
    )  # fmt: skip
    return figure


def inks(shares: Sequence[str], scale: Sequence[Sequence[float | str]], ground: Sequence[int]) -> list[str]:
    """Black or white for each share of a scale, as its colours lie on a ground; by luminance (WCAG 2)."""
    stops, colours = [float(stop) for stop, _ in scale], np.array([_parts(str(colour)) for _, colour in scale])
    mixed = np.stack([np.interp([float(share) for share in shares], stops, part) for part in colours.T], 1)
    seen = mixed[:, 3:] * mixed[:, :3] + (1 - mixed[:, 3:]) * np.asarray(ground)
    linear = np.where(seen <= 10.3, seen / 255 / 12.92, ((seen / 255 + 0.055) / 1.055) ** 2.4)
    return ["black" if light > MIDDLE else "white" for light in linear @ [0.2126, 0.7152, 0.0722]]


def _parts(colour: str) -> list[float]:
    """Red, green, blue and strength of an rgba(...)."""
    return [float(part) for part in colour[colour.index("(") + 1 : -1].split(",")]
