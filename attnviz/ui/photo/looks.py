"""What the views of self-attention over a photo share: its layers, rollout, who looks, and the point that the visitor picked."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from attnviz import plot
from attnviz.encode import Patches, Point
from attnviz.explain import over_patches, rollout
from attnviz.explain.rollout import LONGEST
from attnviz.maps import AttentionMap
from attnviz.results import PhotoResult
from attnviz.ui import cache
from attnviz.ui.cache import once
from attnviz.ui.photo.view import Given

POINT = "patch-point"
# Who looks, with CLS among them and without: the two begin with different ones.
WHO, WHO_PLAIN = "patch-query", "patch-query-plain"
HERE, ALL = "the clicked point", "all positions on average"
HEADS = ("head", "query", "key")
MIDDLE = Point(0.5, 0.5)
WHOLE, OWN = "from 0", "smallest to largest"
SCALES = "From 0 to the largest weight, for gates to 1; or from the smallest number to the largest, which shows small differences."


@dataclass(frozen=True)
class Look:
    """Who looks, and through what: `m` is over (query, key), `query` a position of it, None for all on average.

    `title` names the layer and the head, `who` the one that looks; `grid` is that of both axes.
    """

    m: AttentionMap
    title: str
    grid: Patches
    who: str
    query: int | None

    @property
    def map(self) -> AttentionMap:
        """Over the photo."""
        return over_patches(self.m, self.grid, self.query)


def scale(m: AttentionMap, stretched: bool) -> tuple[float, float]:
    """The ends of the colours: of gates and picks 0 and 1, of weights 0 and the largest; by choice smallest and largest of all."""
    numbers = m.dense()
    alike = plot.ALIKE if m.norm == "sigmoid" else 0.0
    if stretched and m.norm != "binary" and np.ptp(numbers) > alike:
        return float(numbers.min()), float(numbers.max())
    return 0.0, 1.0 if m.norm in ("sigmoid", "binary") else max(float(numbers.max()), 1e-9)


def available(prediction: PhotoResult) -> bool:
    """Whether some layer's positions stand for places of the photo."""
    return bool(layers(prediction))


def layers(prediction: PhotoResult) -> dict[int, AttentionMap]:
    """The maps whose queries and keys stand for the same places of the photo, by their number on the tape."""
    maps = enumerate(prediction.tape)
    return {i: m for i, m in maps if m.axes == HEADS and prediction.grid(m) and m.size("query") == m.size("key")}


def can_roll_out(prediction: PhotoResult) -> bool:
    """Whether all layers look at the same positions, so that a position can be followed through all of them."""
    found = list(layers(prediction).values())
    lengths = {m.size("query") for m in found}
    alike = len(lengths) == 1 and max(lengths) <= LONGEST and {m.norm for m in found} == {"softmax"}
    return 1 < len(found) == len(prediction.tape) and alike


def followed(prediction: PhotoResult, given: Given) -> AttentionMap:
    """Where each position looks through all layers."""
    key = (prediction.card.name, cache.fingerprint(given.raw), given.fit, "rollout")
    return once(key, lambda: rollout(prediction.tape))


def look_of(m: AttentionMap, title: str, grid: Patches, who: str) -> Look:
    """The look of HERE, of ALL, or of one of the tokens before the patches."""
    if who == HERE:
        query = grid.position(*grid.at(spot()))
        return Look(m, title, grid, f"the patch at {grid.names[query]}", query)
    return Look(m, title, grid, who, None if who == ALL else grid.prefix.index(who))


def spot() -> Point:
    """The point that the visitor picked last, be it in another view; at first the middle."""
    found: Point = st.session_state.get(POINT, MIDDLE)
    return found


def take(chosen: Point) -> None:
    """Lets the patch at a point look."""
    st.session_state[POINT] = chosen
    st.session_state[WHO] = st.session_state[WHO_PLAIN] = HERE
