"""What a view of the Image page is, and what it is handed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from attnviz.results import PhotoResult


@dataclass(frozen=True)
class Given:
    """What the visitor gave, for views that run a model on it: a photo's bytes, and how it is made square."""

    raw: bytes
    fit: str


class View(NamedTuple):
    """One way to look at what a model attended to: its title, whether a result has it, and what draws it."""

    title: str
    available: Callable[[PhotoResult], bool]
    draw: Callable[[PhotoResult, Given], None]


def blocks(count: int) -> list[str]:
    """Names of the blocks of a model that attends in each of them."""
    return [f"Block {i}" for i in range(count)]
