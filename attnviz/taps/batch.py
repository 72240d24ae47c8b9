"""What the first axis of a layer's tensors holds: the examples, or the windows of each example."""

from collections.abc import Callable

from attnviz.errors import UnknownShape
from attnviz.taps.place import Place
from attnviz.weights import Stack, Weights

AXES = ("head", "query", "key")
Examples = tuple[tuple[str, ...], int, Callable[[int], Weights], tuple[str, ...]]


def examples(place: Place, first: int, weights: Callable[[int], Weights]) -> Examples:
    """Axes, number of examples, the weights of each and what to know of them; `weights(i)` is (head, query, key).

    Image models fold windows into the batch: where the model got 2 images and a layer has 128 first entries, each
    image has 64 windows, next to each other (Swin, arXiv:2103.14030).
    """
    images = place.images
    if images is None or first == images or first % images:
        return AXES, first, weights, ()
    windows = first // images

    def of_image(image: int) -> Stack:
        return Stack(tuple(weights(image * windows + window) for window in range(windows)))

    note = f"{windows} windows an image, in the order in which the layer had them"
    return ("window", *AXES), images, of_image, (note,)


def refuse_folded(place: Place, first: int) -> None:
    """Without a head axis, the first axis must be one that the model was called with; else heads may hide in it."""
    if place.leading and first not in place.leading:
        raise UnknownShape(
            f"layer {place.layer}: its first axis of {first} is not one that the model was called with: heads may be in it",
            "keep (batch, head, position, feature) apart in the layer",
        )
