"""A map is pinned, something is changed, a word, a head or the model, and both stand side by side with their difference."""

import streamlit as st

from attnviz.results import TextResult
from attnviz.ui.card import cards
from attnviz.ui.state import State
from attnviz.views.pinned import Pin, exhibits, pin

PINNED = "text-pinned"


def pinning(state: State, result: TextResult) -> None:
    """A button to pin the map in sight; then A, B and B - A until it is let go."""
    here = pin(tuple(state.drawn.values()), result)
    if here is None:
        return
    kept: Pin | None = st.session_state.get(PINNED)

    def put(value: Pin | None) -> None:
        st.session_state[PINNED] = value

    with st.container(horizontal=True):
        meaning = "It stays while you change a word, a head or the model; both then stand side by side with their difference."
        st.button("Pin this map", key="text-pin", on_click=put, args=(here,), help=meaning, icon=":material/keep:")
        if kept is not None:
            st.button("Let go", key="text-unpin", on_click=put, args=(None,))
    if kept is not None:
        st.subheader("Pinned and now", anchor=False)
        cards(state, exhibits(kept, here))
