"""How far long work is: what works says so, and whoever waits for it may listen; nobody has to."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Heard = Callable[[str, float], object]
_listener: ContextVar[Heard | None] = ContextVar("listener", default=None)  # one for each thread, so that visitors do not mix


@contextmanager
def heard(by: Heard) -> Iterator[None]:
    """Within, `by` hears what is worked on, and from 0 to 1 how far it is; what it raises ends the work."""
    token = _listener.set(by)
    try:
        yield
    finally:
        _listener.reset(token)


def telling(what: str) -> Callable[[float], None]:
    """For work to say how far it is, from 0 to 1."""

    def tell(share: float) -> None:
        if (listener := _listener.get()) is not None:
            listener(what, share)

    return tell
