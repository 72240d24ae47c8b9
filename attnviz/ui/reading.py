"""Work that a visitor waits for, with a bar where it takes long."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from attnviz.progress import heard
from attnviz.ui.say import literal

PATIENCE = 0.3


@contextmanager
def told(what: str) -> Iterator[Callable[[float], None]]:
    """A function that hears from 0 to 1 how far the work is."""
    with _bar() as tell:
        yield lambda share: tell(what, share)


@contextmanager
def listening() -> Iterator[None]:
    """The same for work within that says by itself what it does."""
    with _bar() as tell, heard(tell):
        yield


@contextmanager
def _bar() -> Iterator[Callable[[str, float], None]]:
    """A bar is drawn only after a moment, so that nothing flashes.

    Where the visitor has asked for something else meanwhile, drawing the bar ends the work.
    """
    place, start, drawn = st.empty(), time.perf_counter(), False

    def tell(what: str, share: float) -> None:
        nonlocal drawn
        if time.perf_counter() - start > PATIENCE:
            place.progress(min(share, 1.0), literal(what))
            drawn = True

    yield tell
    if drawn:
        place.empty()
