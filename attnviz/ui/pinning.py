"""A map is pinned, something is changed, and both stand side by side with their difference."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

from attnviz.exhibit import Exhibit
from attnviz.ui.card import cards
from attnviz.ui.state import State

PINNED = "{}-pinned"  # with the name of a page
MEANING = "It stays while you change {}; both then stand side by side with their difference."

Pin = TypeVar("Pin")


def pinning(state: State, here: Pin | None, beside: Callable[[Pin, Pin], Sequence[Exhibit]], what: str) -> None:
    """A button to pin the map in sight, if any; then A, B and B - A until it is let go. `what` may be changed meanwhile."""
    if here is None:
        return
    key = PINNED.format(state.page)
    kept: Pin | None = st.session_state.get(key)

    def put(value: Pin | None) -> None:
        st.session_state[key] = value

    with st.container(horizontal=True):
        st.button(
            "Pin this map", key=f"{state.page}-pin", on_click=put, args=(here,), help=MEANING.format(what), icon=":material/keep:"
        )
        if kept is not None:
            st.button("Let go", key=f"{state.page}-unpin", on_click=put, args=(None,))
    if kept is not None:
        st.subheader("Pinned and now", anchor=False)
        cards(state, beside(kept, here))
