"""A link that takes the visitor's own text along, for who asks for it: the address leaves it out."""

from urllib.parse import urlencode

import streamlit as st

from attnviz.ui.state import State

MOST = 2_000  # characters; what is longer makes an address that programs cut off


def with_text(state: State) -> None:
    """A place to copy it from, where a page has a text of the visitor's own; at the end of a page or fragment."""
    own = "".join(state.texts.get(name, "") for name in state.private if name in state.defaults)
    if not own:
        return
    with st.popover("Copy link with my text", key=f"{state.page}-link"):
        if len(own) > MOST:
            st.caption(f"A link can take along at most {MOST:,} characters, and this text has {len(own):,}.")
            return
        st.caption("The address of this page leaves your own text out. This link takes it along, for whoever opens it.")
        address = f"{str(st.context.url or '').partition('?')[0]}?{urlencode(state.address(private=True))}"
        st.code(address, language=None, wrap_lines=True)
