"""The spatial view: the gate of every place, beside the photo and laid over it, block by block and combined."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from attnviz import plot
from attnviz.explain import combined
from attnviz.intervene import changeable, intervene
from attnviz.maps import AttentionMap
from attnviz.predict import decide
from attnviz.results import PhotoResult
from attnviz.ui import cache, say, widgets
from attnviz.ui.cache import once
from attnviz.ui.photo.view import Given, blocks

BLOCK, OPACITY, SCALE, DRAWN, ALIKE = "image-block", "image-opacity", "image-scale", "image-drawn", "image-alike"
COMBINED, ALL = "Combined", "All"
TRUE, SMOOTH = "True resolution", "Smoothed"
DEFAULTS = {BLOCK: "Block 0", OPACITY: 0.85, DRAWN: TRUE}


@dataclass(frozen=True)
class Drawing:
    """How maps are drawn: how strong the overlay is, whether the scale is that of the map, and whether it is smoothed."""

    opacity: float
    stretched: bool
    smooth: bool

    def scale(self, m: AttentionMap) -> tuple[float, float]:
        """The ends of the colours."""
        numbers = m.dense()
        own = self.stretched and np.ptp(numbers) >= plot.ALIKE
        return (float(numbers.min()), float(numbers.max())) if own else (0.0, 1.0)

    def said(self, m: AttentionMap) -> str:
        """In a sentence."""
        rows, columns = m.shape
        bottom, top = self.scale(m)
        how = (
            f"Smoothed: bilinear between the middles of {rows} x {columns} gates; what lies between them is no number of the model."
            if self.smooth
            else f"Drawn at its true resolution: each of {rows} x {columns} cells is one number."
        )
        return f"{how} Colours run from {bottom:.2f} to {top:.2f}; the lower end is dimmed and grey."


def available(prediction: PhotoResult) -> bool:
    """Whether some layer has a gate for every place."""
    return bool(gates(prediction))


def gates(prediction: PhotoResult) -> list[AttentionMap]:
    """The maps of spatial gates, in order."""
    return [m for m in prediction.tape if m.kind == "spatial" and m.axes == ("row", "column")]


@st.fragment
def draw(prediction: PhotoResult, given: Given) -> None:
    """The gates of one block, of all, or combined; runs again alone, and the model only where the visitor asks what if."""
    maps = gates(prediction)
    names = blocks(len(maps))
    chosen, how = _controls(names)
    for position, m in enumerate(maps):
        if chosen in (ALL, names[position]):
            _card(prediction, m, how, names[position], str(position))
    if chosen == COMBINED:
        _card(prediction, combined(maps), how, "All blocks", "combined")
    wanted = maps if chosen in (ALL, COMBINED) else [maps[names.index(chosen)]]
    _does_it_matter(prediction, given, wanted, "all blocks" if len(wanted) > 1 else chosen)


def _controls(names: Sequence[str]) -> tuple[str, Drawing]:
    widgets.remember(DEFAULTS)
    options = [*names, *([COMBINED, ALL] if len(names) > 1 else [])]
    if st.session_state.get(BLOCK) not in options:
        st.session_state[BLOCK] = names[0]
    chosen = str(st.segmented_control("Block", options, key=BLOCK, required=True))
    first, second, third = st.columns([3, 4, 1], vertical_alignment="bottom")
    drawn = first.segmented_control("Drawn", [TRUE, SMOOTH], key=DRAWN, required=True)
    opacity = second.slider("Strength of the overlay", 0.0, 1.0, step=0.05, key=OPACITY)
    with third.popover("More", width="stretch"):
        stretched = st.radio("Scale of the spatial gates", ["0 to 1", "smallest to largest"], key=SCALE) != "0 to 1"
    widgets.keep(DEFAULTS)
    return chosen, Drawing(opacity, stretched, drawn == SMOOTH)


def _card(prediction: PhotoResult, m: AttentionMap, how: Drawing, name: str, key: str) -> None:
    """Photo, map and overlay in a row, at the same size, and the foot of the map card."""
    seen, scale = prediction.encoded.seen, how.scale(m)
    st.subheader(f"{name}: where it looks" if key != "combined" else f"{name}: where they look", anchor=False)
    columns = st.columns(3)
    laid_over = plot.overlay(m, seen, how.opacity, *scale, smooth=how.smooth)
    with columns[0]:
        widgets.chart(plot.photo(seen, foot=plot.FOOT), f"photo-{key}", "The square that is used")
    with columns[1]:
        widgets.chart(plot.gate_map(m, *scale, smooth=how.smooth), f"gates-{key}", "The spatial gates")
    with columns[2]:
        widgets.chart(laid_over, f"overlay-{key}", "The photo, dimmed where the gate is shut")
    layers = prediction.tape.layers
    place = layers.index(m.layer) if m.layer in layers else name
    said = f"{name}, spatial gates. {plot.caption(m, prediction.card.name, prediction.seconds, place)} {how.said(m)}"
    widgets.card_foot(m, laid_over, said, prediction, f"spatial-{key}")


def _does_it_matter(prediction: PhotoResult, given: Given, maps: Sequence[AttentionMap], name: str) -> None:
    """What the decision would be if places were treated alike: on request, for it is another pass of the model."""
    net = cache.model(prediction.card.name)
    if not prediction.ranked or not {m.layer for m in maps} <= set(changeable(net)):
        return
    if not st.toggle(f"Does it matter? Set every spatial gate of {name} to their mean", key=ALIKE):
        return
    layers = [m.layer for m in maps]
    key = (prediction.card.name, cache.fingerprint(given.raw), given.fit, "alike", *layers)

    def look() -> PhotoResult:
        with intervene(net, {layer: lambda gates: gates.mean((1, 2), keepdim=True).expand_as(gates) for layer in layers}):
            return decide(net, prediction.encoded)

    with st.spinner("The model looks again"):
        again = once(key, look)
    label, was = prediction.ranked[0]
    now, (other, likely) = again.probabilities[label], again.ranked[0]
    stays = "stays" if other == label else f"becomes **{say.literal(other)}** ({plot.three_digits(likely)})"
    st.markdown(
        f"With no place preferred in {name}, **{say.literal(label)}** goes from {plot.three_digits(was)} to "
        f"{plot.three_digits(now)} ({plot.signed(now - was)}); the decision {stays}."
    )
    st.caption("One photo's answer: it says what these gates did here, not what they do in general.")
