"""What is worked out at the first look, and not in the forward pass that is being watched."""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Once(Generic[T]):
    """`make()`, called by whoever asks first and then let go with all that it holds; threads that ask meanwhile wait for it.

    Where it raises, nothing was made, and the next to ask calls it again.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make: Callable[[], T] | None = make
        self._lock = Lock()
        self._made: T

    def __call__(self) -> T:
        with self._lock:
            if self._make is not None:
                self._made = self._make()
                self._make = None
        return self._made
