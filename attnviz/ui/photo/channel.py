"""The channel view: how far the gate of every channel is open."""

import streamlit as st

from attnviz import plot
from attnviz.maps import AttentionMap
from attnviz.predict import Prediction
from attnviz.ui import widgets
from attnviz.ui.photo.view import Given, blocks

BLOCK = "channel-block"
DEFAULTS = {BLOCK: "Block 0"}


def available(prediction: Prediction) -> bool:
    """Whether some layer has a gate for every channel."""
    return bool(gates(prediction))


def gates(prediction: Prediction) -> list[AttentionMap]:
    """The maps of channel gates, in order."""
    return [m for m in prediction.tape if m.kind == "channel" and m.axes == ("channel",)]


@st.fragment
def draw(prediction: Prediction, given: Given) -> None:  # noqa: ARG001  (a view is handed both)
    """The gates of one block; runs again alone."""
    maps = gates(prediction)
    names = blocks(len(maps))
    widgets.remember(DEFAULTS)
    if st.session_state.get(BLOCK) not in names:
        st.session_state[BLOCK] = names[0]
    position = names.index(str(st.segmented_control("Block", names, key=BLOCK, required=True)))
    widgets.keep(DEFAULTS)
    m = maps[position]
    st.subheader(f"Block {position}: which channels it uses", anchor=False)
    layer = prediction.tape.layers.index(m.layer)
    said = f"Block {position}, channel gates. {plot.caption(m, prediction.card.name, prediction.seconds, layer)}"
    widgets.map_card(m, plot.channel_gates(m), said, prediction, f"channel-{position}")
