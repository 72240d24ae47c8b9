"""What a view of the Image page is, and what it is handed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from attnviz.encode import EncodedImage
from attnviz.predict import Prediction


@dataclass(frozen=True)
class Given:
    """What the visitor gave, for views that run a model on it: a photo's bytes, and how it is made square."""

    raw: bytes
    fit: str


class View(NamedTuple):
    """One way to look at what a model attended to: its title, whether a result has it, and what draws it."""

    title: str
    available: Callable[[Prediction], bool]
    draw: Callable[[Prediction, Given], None]


def encoded(prediction: Prediction) -> EncodedImage:
    """The photo as the model was given it."""
    assert isinstance(prediction.encoded, EncodedImage)
    return prediction.encoded


def blocks(count: int) -> list[str]:
    """Names of the blocks of a model that attends in each of them."""
    return [f"Block {i}" for i in range(count)]
