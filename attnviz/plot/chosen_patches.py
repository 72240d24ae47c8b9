"""Hard attention over a photo: outlined what had odds, filled what was picked, and what was left of the photo."""

import numpy as np
import plotly.graph_objects as go

from attnviz.maps import AttentionMap
from attnviz.plot.photo import BELOW, Pixels, canvas, laid, small
from attnviz.plot.style import GREY, TEAL, colour_bar, fade
from attnviz.weights import Floats

FAINTEST = 0.15  # of an outline; those of likelier patches are stronger


def chosen_patches(odds: AttentionMap, picks: AttentionMap, pixels: Pixels) -> go.Figure:
    """The photo, with each patch outlined as strongly as its odds, and filled where it was picked."""
    chances, taken = odds.dense(), picks.dense() > 0
    figure = canvas(*chances.shape)
    figure.add_layout_image(laid(small(pixels), *chances.shape))
    strengths = FAINTEST + (0.8 - FAINTEST) * chances / max(float(chances.max()), 1e-9)
    for row, column in sorted(np.ndindex(chances.shape), key=lambda place: bool(taken[place])):
        picked = taken[row, column]
        figure.add_shape(
            type="rect", x0=column - 0.46, x1=column + 0.46, y0=row - 0.46, y1=row + 0.46,
            line={"color": f"rgba({TEAL}, {1 if picked else strengths[row, column]:.3f})", "width": 3 if picked else 1},
            fillcolor=f"rgba({TEAL}, {0.4 if picked else 0})",
        )  # fmt: skip
    figure.add_heatmap(
        z=chances, opacity=0, showscale=False, customdata=np.where(taken, "picked", "not picked"),
        hovertemplate="row %{y}, column %{x}<br>odds %{z:.4f}<br>%{customdata}<extra></extra>",
    )  # fmt: skip
    return figure


def left_over(picks: AttentionMap, pixels: Pixels) -> go.Figure:
    """What was picked of the model's own pixels, (row, column, 3); the rest is blank, within a thin frame."""
    taken = picks.dense() > 0
    down, across = (pixels.shape[axis] // taken.shape[axis] for axis in (0, 1))
    alpha = (255 * taken.repeat(down, 0).repeat(across, 1)).astype(np.uint8)
    figure = canvas(*taken.shape)
    figure.add_layout_image(laid(small(np.dstack([pixels * (alpha[..., None] > 0), alpha])), *taken.shape))
    figure.add_shape(
        type="rect", x0=-0.5, x1=taken.shape[1] - 0.5, y0=-0.5, y1=taken.shape[0] - 0.5, line={"color": GREY, "width": 1}
    )
    return figure


def shares(values: Floats, what: str) -> go.Figure:
    """(row, column) shares from 0 to 1 of how often something was picked; `what` names them in the legend."""
    figure = canvas(*values.shape)
    figure.add_heatmap(
        z=values, zmin=0, zmax=1, colorscale=fade(TEAL), xgap=1, ygap=1,
        colorbar=colour_bar("binary", 1) | BELOW | {"title": {"text": what, "side": "top"}},
        hovertemplate="row %{y}, column %{x}<br>" + what + " %{z:.3f}<extra></extra>",
    )  # fmt: skip
    return figure


def patches_caption(
    odds: AttentionMap, picks: AttentionMap, bits: float, model: str, seconds: float, seed: int | None = None
) -> str:
    """What these figures show, in full sentences; `bits`: the entropy of the odds."""
    chances, taken = odds.dense(), int(picks.dense().sum())
    row, column = np.unravel_index(int(chances.argmax()), chances.shape)
    how = (
        "those with the largest odds" if seed is None
        else f"drawn with seed {seed}, one after another, each by the odds of those that were left"
    )  # fmt: skip
    return (
        f"The odds say where a first patch is drawn, and sum to 1 over {chances.shape[0]} x {chances.shape[1]} patches; the "
        f"largest is {chances[row, column]:.3f}, at row {row}, column {column}. Filled: the {taken} of {chances.size} patches that "
        f"were picked, {how}. They are {taken / chances.size:.0%} of the pixels, and all that the classifier saw of the photo. "
        f"The odds leave {bits:.2f} bits open for a pick, as many as {2**bits:.1f} equally likely patches would; "
        f"{np.log2(chances.size):.2f} would mean that all {chances.size} are. Hard attention of {model} ({odds.mechanism}, "
        f"{odds.layer} and {picks.layer}). The forward pass took {seconds:.3f} s."
    )
