"""What is worked out from a result while a visitor looks at it: kept for the next look, and with a bar where it takes long."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import streamlit as st

T = TypeVar("T")
KEPT, MOST = "read", 48
PATIENCE = 0.3


def once(key: tuple[object, ...], make: Callable[[], T]) -> T:
    """The visitor's `make()` of this key, worked out once; the oldest are forgotten."""
    kept: dict[tuple[object, ...], T] = st.session_state.setdefault(KEPT, {})
    if key not in kept:
        kept[key] = make()
        while len(kept) > MOST:
            del kept[next(iter(kept))]
    return kept[key]


@contextmanager
def told(what: str) -> Iterator[Callable[[float], None]]:
    """A function that hears from 0 to 1 how far the work is; a bar is drawn only after a moment, so that nothing flashes.

    Where the visitor has asked for something else meanwhile, drawing the bar ends the work.
    """
    place, start = st.empty(), time.perf_counter()

    def tell(share: float) -> None:
        if time.perf_counter() - start > PATIENCE:
            place.progress(min(share, 1.0), what)

    yield tell
    place.empty()
