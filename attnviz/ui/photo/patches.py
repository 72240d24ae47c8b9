"""The self-attention view, for models that cut the photo into patches: where one position looks, as an overlay."""

import streamlit as st

from attnviz import plot
from attnviz.explain import over_patches
from attnviz.maps import AttentionMap
from attnviz.predict import Prediction
from attnviz.ui import widgets
from attnviz.ui.photo.view import Given, encoded

LAYER, HEAD, QUERY, OPACITY = "patch-layer", "patch-head", "patch-query", "patch-opacity"
DEFAULTS = {LAYER: None, HEAD: None, QUERY: None, OPACITY: 0.85}
ALL = "all positions on average"


def available(prediction: Prediction) -> bool:
    """Whether the positions of all layers stand for places of the photo."""
    return all(prediction.grid(m) for m in prediction.tape)


@st.fragment
def draw(prediction: Prediction, given: Given) -> None:  # noqa: ARG001  (a view is handed both)
    """One layer, head and position; runs again alone, and never the model."""
    widgets.remember(DEFAULTS)
    layer, head, name, opacity = options(prediction)
    widgets.keep(DEFAULTS)
    whole = prediction.tape[prediction.tape.layers[layer]]
    patches = prediction.grid(whole)
    assert patches is not None
    m = over_patches(whole.at_head(head), patches, None if name == ALL else patches.names.index(name))
    laid_out(prediction, m, layer, head, name, opacity)


def options(prediction: Prediction) -> tuple[int, int, str, float]:
    """Layer, head, who looks, and how strong the overlay is; the last layer at first."""
    layers = len(prediction.tape)
    columns = st.columns(4, vertical_alignment="bottom")
    if st.session_state.get(LAYER) not in range(layers):
        st.session_state[LAYER] = layers - 1
    layer = columns[0].selectbox("Layer", range(layers), key=LAYER)
    m = prediction.tape[prediction.tape.layers[layer]]
    heads, patches = m.size("head"), prediction.grid(m)
    assert patches is not None
    who = [*patches.prefix, ALL]
    if st.session_state.get(QUERY) not in who:
        st.session_state[QUERY] = who[0]
    if st.session_state.get(HEAD) not in range(heads):
        st.session_state[HEAD] = 0
    head = columns[1].selectbox("Head", range(heads), key=HEAD)
    name = columns[2].selectbox("Who looks", who, key=QUERY, help="CLS is the token from which the model decides.")
    return layer, head, str(name), columns[3].slider("Strength of the overlay", 0.0, 1.0, step=0.05, key=OPACITY)


def laid_out(prediction: Prediction, m: AttentionMap, layer: int, head: int, who: str, opacity: float) -> None:
    """Photo, map and overlay in a row, and the foot of the map card."""
    seen = encoded(prediction).seen
    top = max(float(m.dense().max()), 1e-9)
    st.subheader(f"Layer {layer}, head {head}: where {who} looks", anchor=False)
    overlay = plot.overlay(m, seen, opacity, 0.0, top)
    photo, numbers, together = st.columns(3)
    with photo:
        widgets.chart(plot.photo(seen, foot=plot.FOOT), "patch-photo", "The square that is used")
    with numbers:
        widgets.chart(plot.gate_map(m, 0.0, top), "patch-map", f"Where {who} looks, patch by patch")
    with together:
        widgets.chart(overlay, "patch-overlay", "The photo, dimmed where the head does not look")
    said = plot.caption(m, prediction.card.name, prediction.seconds, layer, head)
    said += f" Colours run from 0 to {top:.3f}, the largest weight; what gets little is dimmed and grey."
    widgets.card_foot(m, overlay, said, prediction, "patch")
