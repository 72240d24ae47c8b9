"""Work that a visitor waits for: with a bar where it takes long, and a way to end it."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import streamlit as st

from attnviz.errors import InputError
from attnviz.progress import heard
from attnviz.ui.say import literal

PATIENCE = 0.3
CANCELLED = "cancelled"
WAITING = "waiting"  # a key that holds nothing


@contextmanager
def told(what: str) -> Iterator[Callable[[float], None]]:
    """A function that hears from 0 to 1 how far the work is."""
    with _bar() as tell:
        yield lambda share: tell(what, share)


@contextmanager
def listening(cancel: str = "") -> Iterator[None]:
    """The same for work within that says by itself what it does.

    `cancel` names work that can be ended by a button, which does not work in a fragment: its run waits for the one before.
    InputError where it was ended so just now.
    """
    if cancel and st.session_state.pop(CANCELLED, "") == cancel:
        raise InputError(f"the {cancel} was cancelled", "send it again, or something shorter")
    with _bar(cancel) as tell, heard(tell):
        yield


@contextmanager
def waited() -> Iterator[Callable[[int], None]]:
    """A function that hears how many are before a visitor, and says so after a moment.

    It ends by itself where the visitor has left, or asked for something else: Streamlit looks for that at each use of the session.
    """
    start = time.perf_counter()
    with ExitStack() as shown:
        said = -1

        def tell(before: int) -> None:
            nonlocal said
            st.session_state.get(WAITING)
            if before != said and time.perf_counter() - start > PATIENCE:
                shown.close()
                shown.enter_context(
                    st.spinner(f"{before} before you" if before else "The same is being worked out for somebody else")
                )
                said = before

        yield tell


@contextmanager
def _bar(cancel: str = "") -> Iterator[Callable[[str, float], None]]:
    """A bar is drawn only after a moment, so that nothing flashes.

    Where the visitor has asked for something else meanwhile, drawing the bar ends the work.
    """
    place, start = st.empty(), time.perf_counter()
    drawn: list[Any] = []  # the bar

    def tell(what: str, share: float) -> None:
        if time.perf_counter() - start < PATIENCE:
            return
        if not drawn:
            with place.container():
                drawn.append(st.empty())
                if cancel:
                    st.button("Cancel", key=f"cancel-{cancel}", on_click=st.session_state.update, args=({CANCELLED: cancel},))
        drawn[0].progress(min(share, 1.0), literal(what))

    yield tell
    if drawn:
        place.empty()
