"""Models that are not on this machine: which, why, and a way to get them."""

from contextlib import closing

import streamlit as st

from attnviz.cards import ModelCard
from attnviz.errors import AttnvizError
from attnviz.foreign import hub
from attnviz.ui import say

FETCHED = "{}-fetched"
Absent = dict[str, tuple[ModelCard, str]]


def not_here(absent: Absent, kind: str) -> None:
    """A grey line for each with its reason; the hub is asked only after a click on its button."""
    if not absent:
        return
    st.caption("**Not on this machine**")
    for name, (card, reason) in absent.items():
        say.caption(f"{card.title}. {reason[:1].upper()}{reason[1:]}.")
        if card.source != "hub":
            continue
        if hub.offline():
            st.caption("It cannot be downloaded here: this app runs offline (HF_HUB_OFFLINE).")
        elif st.button(f"Download {card.megabytes} MB", key=f"fetch-{name}", type="tertiary", icon=":material/download:"):
            download(card, kind)


def download(card: ModelCard, kind: str) -> None:
    """Fetches with its progress shown; a click on Cancel, or on anything else, ends it.

    Not in a fragment: the run of a fragment waits for its own last one, so a click could not end it.
    """
    bar = st.progress(0.0, f"Asking the hub for {say.literal(card.repository)}")
    st.button("Cancel", key=f"cancel-{card.name}", width="stretch")
    try:
        with closing(hub.fetch(card)) as progress:
            for done, total in progress:
                bar.progress(done / max(total, 1), f"{done / 1e6:,.1f} of {total / 1e6:,.1f} MB")
    except AttnvizError as error:
        bar.empty()
        say.error(error)
        return
    st.session_state[FETCHED.format(kind)] = card.name
    st.rerun()
