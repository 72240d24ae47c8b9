"""Hard attention over a photo: outlined what had odds, filled what was picked, and what was left of the photo."""

import numpy as np
import plotly.graph_objects as go
from PIL import Image, ImageDraw

from attnviz.maps import AttentionMap
from attnviz.plot.photo import BELOW, Pixels, canvas, small
from attnviz.plot.style import TEAL, colour_bar, fade
from attnviz.weights import Floats

FAINTEST = 0.15  # of an outline; those of likelier patches are stronger
STRONGEST = 0.8  # of an outline that was not picked
FILL = 0.4
INSET = 0.04  # of a patch's side, so that outlines do not touch
RGB = tuple(map(int, TEAL.split(",")))


def chosen_patches(odds: AttentionMap, picks: AttentionMap, pixels: Pixels) -> Pixels:
    """The photo, with each patch outlined as strongly as its odds, and filled where it was picked."""
    chances, taken = odds.dense(), picks.dense() > 0
    photo = Image.fromarray(small(pixels)).convert("RGBA")
    marks = Image.new("RGBA", photo.size)
    draw, (rows, columns) = ImageDraw.Draw(marks), chances.shape
    strengths = FAINTEST + (STRONGEST - FAINTEST) * chances / max(float(chances.max()), 1e-9)
    for (row, column), strength in np.ndenumerate(strengths):
        corners = [(photo.width * (column + inset) / columns, photo.height * (row + inset) / rows) for inset in (INSET, 1 - INSET)]
        outline, width = ((*RGB, 255), 3) if taken[row, column] else ((*RGB, round(255 * float(strength))), 1)
        fill = (*RGB, round(255 * FILL)) if taken[row, column] else None
        draw.rectangle([*corners[0], *corners[1]], fill=fill, outline=outline, width=width)
    return np.asarray(Image.alpha_composite(photo, marks).convert("RGB"))


def left_over(picks: AttentionMap, pixels: Pixels) -> Pixels:
    """What was picked of the model's own pixels, (row, column, 3); the rest is blank: (row, column, 4)."""
    taken = picks.dense() > 0
    down, across = (pixels.shape[axis] // taken.shape[axis] for axis in (0, 1))
    alpha = (255 * taken.repeat(down, 0).repeat(across, 1)).astype(np.uint8)
    return np.dstack([pixels * (alpha[..., None] > 0), alpha])


def shares(values: Floats, what: str) -> go.Figure:
    """(row, column) shares from 0 to 1 of how often something was picked; `what` names them in the legend."""
    figure = canvas(*values.shape)
    figure.add_heatmap(
        z=values, zmin=0, zmax=1, colorscale=fade(TEAL), xgap=1, ygap=1,
        colorbar=colour_bar("binary", 1) | BELOW | {"title": {"text": what, "side": "top"}},
        hovertemplate="row %{y}, column %{x}<br>" + what + " %{z:.3f}<extra></extra>",
    )  # fmt: skip
    return figure


def patches_caption(odds: AttentionMap, picks: AttentionMap, bits: float, model: str, seed: int | None = None) -> str:
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
        f"{odds.layer} and {picks.layer})."
    )
