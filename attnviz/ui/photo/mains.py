"""For each kind of attention over a photo, the one map that stands for what a model attended to, beside those of others."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import plotly.graph_objects as go
import streamlit as st

from attnviz import plot
from attnviz.explain import combined
from attnviz.maps import AttentionMap
from attnviz.results import PhotoResult
from attnviz.ui.photo import channel, looks, spatial
from attnviz.ui.photo.view import Given, blocks


class Main(NamedTuple):
    """A model's map for this view, and what it shows: over the photo, or where there is one as a `figure` of its own.

    With a `look` the photo is clicked to let another point look. `maps`: what the files hold where that is more than `m`.
    """

    m: AttentionMap
    said: str
    look: looks.Look | None = None
    figure: go.Figure | None = None
    maps: Sequence[AttentionMap] = ()


def main_map(prediction: PhotoResult, given: Given) -> Main | None:
    """The first of MAINS that a result has; None where it has none."""
    return next((make(prediction, given) for fits, make in MAINS if fits(prediction)), None)


def _picked(prediction: PhotoResult) -> list[AttentionMap]:
    return [m for m in prediction.tape if m.kind == "hard" and m.norm == "binary" and m.axes == ("row", "column")]


def of_picks(prediction: PhotoResult, given: Given) -> Main:  # noqa: ARG001  (all are handed both)
    """What the classifier saw."""
    return Main(_picked(prediction)[0], "What is bright was picked, and is all that the classifier saw.")


def of_look(prediction: PhotoResult, given: Given) -> Main:
    """CLS through all layers; without it the last layer, from the clicked point or from all positions on average."""
    rolled = looks.can_roll_out(prediction)
    last = list(looks.layers(prediction).values())[-1]
    m = looks.followed(prediction, given) if rolled else last.mean_of_heads() if last.size("head") > 1 else last.at_head(0)
    grid = prediction.grid(m)
    assert grid is not None
    clicked = looks.HERE if looks.POINT in st.session_state else looks.ALL
    look = looks.look_of(m, "", grid, grid.prefix[0] if grid.prefix else clicked)
    said = f"Where {look.who} look{'' if look.query is None else 's'}, {'through all layers' if rolled else 'in the last layer'}."
    if grid.prefix:
        return Main(look.map, said)
    return Main(look.map, f"{said} Click a point of the photo to see where it looks.", look)


def of_places(prediction: PhotoResult, given: Given) -> Main:  # noqa: ARG001  (all are handed both)
    """The spatial gates of all blocks."""
    maps = spatial.gates(prediction)
    m = combined(maps) if len(maps) > 1 else maps[0]
    return Main(m, "What is bright passes the spatial gates; what is dark is held back.")


def of_channels(prediction: PhotoResult, given: Given) -> Main:  # noqa: ARG001  (all are handed both)
    """The channel gates of all blocks, which have no place."""
    maps = channel.gates(prediction)
    said = "Channel attention has no place on the photo: it opens and shuts whole features, everywhere at once. One row a block."
    return Main(maps[-1], said + " Of the last:", figure=plot.gate_strip(maps, blocks(len(maps))), maps=maps)


# The first that a result has stands for it.
MAINS: tuple[tuple[Callable[[PhotoResult], object], Callable[[PhotoResult, Given], Main]], ...] = (
    (_picked, of_picks),
    (looks.available, of_look),
    (spatial.available, of_places),
    (channel.available, of_channels),
)
