"""The spatial view: the gate of every place, beside the photo and laid over it."""

import numpy as np
import streamlit as st

from attnviz import plot
from attnviz.maps import AttentionMap
from attnviz.predict import Prediction
from attnviz.ui import widgets
from attnviz.ui.photo.view import Given, blocks, encoded

BLOCK, OPACITY, SCALE = "image-block", "image-opacity", "image-scale"
ALL = "All"
DEFAULTS = {BLOCK: "Block 0", OPACITY: 0.85}


def available(prediction: Prediction) -> bool:
    """Whether some layer has a gate for every place."""
    return bool(gates(prediction))


def gates(prediction: Prediction) -> list[AttentionMap]:
    """The maps of spatial gates, in order."""
    return [m for m in prediction.tape if m.kind == "spatial" and m.axes == ("row", "column")]


@st.fragment
def draw(prediction: Prediction, given: Given) -> None:  # noqa: ARG001  (a view is handed both)
    """The gates of one block or of all; runs again alone, and never the model."""
    maps = gates(prediction)
    names = blocks(len(maps))
    widgets.remember(DEFAULTS)
    if st.session_state.get(BLOCK) not in (*names, ALL):
        st.session_state[BLOCK] = names[0]
    first, second, third = st.columns([2, 2, 1], vertical_alignment="bottom")
    chosen = first.segmented_control("Block", [*names, ALL], key=BLOCK, required=True)
    opacity = second.slider("Strength of the overlay", 0.0, 1.0, step=0.05, key=OPACITY)
    with third.popover("More", width="stretch"):
        stretched = st.radio("Scale of the spatial gates", ["0 to 1", "smallest to largest"], key=SCALE) != "0 to 1"
    widgets.keep(DEFAULTS)
    for position, m in enumerate(maps):
        if chosen in (ALL, names[position]):
            block(prediction, position, m, opacity, stretched)


def block(prediction: Prediction, position: int, m: AttentionMap, opacity: float, stretched: bool) -> None:
    """One block: photo, map and overlay in a row."""
    numbers = m.dense()
    scale = (float(numbers.min()), float(numbers.max())) if stretched and np.ptp(numbers) >= plot.ALIKE else (0.0, 1.0)
    seen = encoded(prediction).seen
    st.subheader(f"Block {position}: where it looks", anchor=False)
    columns = st.columns(3)
    laid_over = plot.overlay(m, seen, opacity, *scale)
    with columns[0]:
        widgets.chart(plot.photo(seen, foot=plot.FOOT), f"photo-{position}", "The square that is used")
    with columns[1]:
        widgets.chart(plot.gate_map(m, *scale), f"gates-{position}", "The spatial gates")
    with columns[2]:
        widgets.chart(laid_over, f"overlay-{position}", "The photo, dimmed where the gate is shut")
    layer = prediction.tape.layers.index(m.layer)
    said = f"Block {position}, spatial gates. {plot.caption(m, prediction.card.name, prediction.seconds, layer)}"
    said += f" Colours run from {scale[0]:.2f} to {scale[1]:.2f}; the lower end is dimmed and grey."
    widgets.card_foot(m, laid_over, said, prediction, f"spatial-{position}")
