"""The photo as it was given, and as the model gets it: no view, for nothing of it is attention."""

from collections.abc import Sequence

from attnviz import plot
from attnviz.exhibit import Exhibit
from attnviz.results import PhotoResult


def exhibits(result: PhotoResult) -> Sequence[Exhibit]:
    """With the square that is used framed; and in the model's own pixels."""
    taken, size = result.encoded, result.card.image["size"]
    whole = " ".join(["The frame is what is used.", *taken.notes])
    own = plot.Picture(taken.input, "The photo in the model's own pixels.")
    return (
        Exhibit("given", "What was given", (plot.photo(taken.photo, taken.box),), whole, (), result, width=0.5),
        Exhibit("input", "What the model gets", (own,), f"{size} x {size} pixels.", (), result, width=0.5),
    )
