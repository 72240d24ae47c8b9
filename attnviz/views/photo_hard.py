"""Hard attention over a photo: odds of every patch, the patches picked by them, and what the classifier saw."""

from collections.abc import Sequence

import numpy as np

from attnviz import plot
from attnviz.exhibit import Exhibit
from attnviz.explain import bits
from attnviz.maps import AttentionMap
from attnviz.results import PhotoResult
from attnviz.state import Choice, Chosen
from attnviz.terms import TERMS
from attnviz.views.photo import DRAWING, laid_over
from attnviz.views.view import View

UNSEEN = (
    "The other patches were never shown to the classifier, and cannot have changed the decision, other than by what was picked: "
    "the odds come from a glance at the whole photo."
)


def maps_of(result: PhotoResult) -> tuple[AttentionMap, AttentionMap] | None:
    """Odds and picks over the places of the photo, where a result has both."""
    odds, picks = ([m for m in result.tape.of(role) if len(m.axes) == 2] for role in ("odds", "picks"))
    return (odds[0], picks[0]) if odds and picks else None


def exhibits(result: PhotoResult, chosen: Chosen) -> Sequence[Exhibit]:
    """Where it might look, where it did, and what it saw."""
    odds, picks = result.tape.of("odds")[0], result.tape.of("picks")[0]
    said = plot.patches_caption(odds, picks, bits(odds.dense()), result.card.name, result.seed)
    legend = (
        f"Left: bright where the odds of a first pick are large. Middle: filled where picked, outlined by odds. Right: the "
        f"{int(picks.dense().sum())} patches that the classifier saw, in the model's own pixels. {UNSEEN}"
    )
    figures = (laid_over(result, odds, chosen), chosen_patches(result, odds, picks), seen(result, picks))
    return (
        Exhibit(
            "picks",
            "Where might it look, where did it, and what did it see?",
            figures,
            said,
            (odds, picks),
            result,
            legend,
            help=TERMS["pick"].says,
        ),
    )


def chosen_patches(result: PhotoResult, odds: AttentionMap, picks: AttentionMap) -> plot.Picture:
    """The photo with its picked patches filled."""
    taken = tuple("picked" if each else "not picked" for each in picks.dense().ravel())
    pixels = plot.chosen_patches(odds, picks, result.encoded.seen)
    return plot.Picture(pixels, "The photo, with the picked patches filled.", _places(picks), plot.of_map(odds, taken))


def seen(result: PhotoResult, picks: AttentionMap) -> plot.Picture:
    """The picked patches alone."""
    pixels = plot.left_over(picks, result.encoded.input)
    return plot.Picture(pixels, "The picked patches alone.", _places(picks), plot.of_map(picks))


def _places(m: AttentionMap) -> tuple[int, int]:
    return int(np.shape(m.dense())[0]), int(np.shape(m.dense())[1])


def choices(result: PhotoResult) -> Sequence[Choice]:  # noqa: ARG001  (all are handed one)
    """Behind "More" how the odds are drawn."""
    return DRAWING


VIEW = View("picks", "Picked patches", PhotoResult, exhibits, choices, lambda result: maps_of(result) is not None)
