"""One soft look at a photo: weights over its places that sum to 1."""

from collections.abc import Sequence

from attnviz import plot
from attnviz.encode import Patches
from attnviz.exhibit import Exhibit
from attnviz.maps import AttentionMap
from attnviz.results import PhotoResult
from attnviz.state import Choice, Chosen
from attnviz.terms import TERMS
from attnviz.views.photo import DRAWING, over_photo, ranked
from attnviz.views.series_ahead import half
from attnviz.views.view import View

ROLE = "places"


def look(result: PhotoResult) -> AttentionMap | None:
    """The first map over places with weights that sum to 1."""
    return next((m for m in result.tape.of(ROLE) if len(m.axes) == 2 and m.norm == "softmax"), None)


def exhibits(result: PhotoResult, chosen: Chosen) -> Sequence[Exhibit]:
    """The weights over the photo, and the largest of them."""
    m = result.tape.of(ROLE)[0]
    weights = m.dense()
    caption = (
        f"Half of the attention lies on {half(weights.ravel()):,} of {weights.size:,} places. "
        f"{plot.caption(m, result.card.name, None, result.tape.layers.index(m.layer))}"
    )
    names = Patches(*weights.shape).names
    return (
        over_photo(result, "places", "Which places weigh most?", m, chosen, caption, help=TERMS["weight"].says),
        ranked(result, "ranked", "The heaviest places", names, m, weights),
    )


def choices(result: PhotoResult) -> Sequence[Choice]:  # noqa: ARG001  (all are handed one)
    """Behind "More" how it is drawn."""
    return DRAWING


VIEW = View("places", "Weights of places", PhotoResult, exhibits, choices, lambda result: look(result) is not None)
