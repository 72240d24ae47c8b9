"""Several models on one photo, each with the one map that says most of it, all at one size; no view looks at several."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from attnviz import plot
from attnviz.exhibit import Exhibit
from attnviz.explain import combined
from attnviz.maps import AttentionMap
from attnviz.results import PhotoResult
from attnviz.state import Choice, Chosen, OneOf
from attnviz.views import photo_channel, photo_hard, photo_self, photo_soft, photo_spatial
from attnviz.views.heads import MEAN
from attnviz.views.photo import DRAWING, Clicks, blocks, drawn, laid_over
from attnviz.views.view import View

if TYPE_CHECKING:
    import plotly.graph_objects as go

ACROSS = 3
LEGEND = (
    "Blue numbers are weights, shares of one whole; amber ones are gates, each by itself between 0, shut, and 1, open, and no "
    "share of anything; teal ones are picks. Every model has a scale of its own."
)
WHO = Choice("who", "Who looks", OneOf((photo_self.ALL, photo_self.POINT)), photo_self.ALL, clicked=True)
CHOICES = (*(replace(choice, more=True) for choice in DRAWING), *photo_self.POINT_CHOICES, WHO)


class Main(NamedTuple):
    """A model's map for this, and what it shows: over the photo, where the photo can be clicked so; or as a figure of its own."""

    m: AttentionMap
    said: str
    clicks: Clicks | None = None
    figure: "go.Figure | None" = None
    maps: Sequence[AttentionMap] = ()


def exhibits(results: Sequence[PhotoResult], chosen: Chosen) -> Sequence[Exhibit]:
    """One of each result: what it decides, and its map."""
    width = 1 / len(results) if len(results) <= ACROSS + 1 else 1 / ACROSS
    return [_one(result, chosen, width) for result in results]


def agreement(results: Sequence[PhotoResult]) -> str:
    """Who decides what, in a sentence; nothing where fewer than two decide."""
    said = {each.card.title: each.decision for each in results if each.decision is not None}
    if len(said) < 2:
        return ""
    if len(set(said.values())) == 1:
        return f"All {len(said)} decide the same: “{next(iter(said.values()))}”."
    return f"They decide differently: {', '.join(f'{title} says “{label}”' for title, label in said.items())}."


def _one(result: PhotoResult, chosen: Chosen, width: float) -> Exhibit:
    main, says = main_map(result, chosen), f"It says: {_decided(result)}."
    name, title = f"kind-{result.card.name}", result.card.title
    if main is None:
        none = f"{says} This model has no map that could be laid over the photo; its numbers are written by the shell, as .npz."
        return Exhibit(name, title, (), none, (), result, width=width)
    layers = result.tape.layers
    place = layers.index(main.m.layer) if main.m.layer in layers else "All layers"
    caption = f"{says} {main.said} {plot.caption(main.m, result.card.name, None, place)}"
    maps, picks = main.maps or (main.m,), main.clicks.picks if main.clicks else ()
    if main.figure is not None:
        return Exhibit(name, title, (main.figure,), caption, maps, result, width=width)
    return Exhibit(
        name,
        title,
        (laid_over(result, main.m, chosen, main.clicks),),
        caption,
        maps,
        result,
        drawn(main.m, chosen),
        width=width,
        picks=picks,
    )


def _decided(result: PhotoResult) -> str:
    if not result.ranked:
        return "nothing"
    closest = "" if result.known else "nothing that it knows, closest "
    return f"{closest}“{result.ranked[0][0]}”, {plot.three_digits(result.ranked[0][1])}"


def main_map(result: PhotoResult, chosen: Chosen) -> Main | None:
    """The first of MAINS that a result has; None where it has none."""
    return next((make(result, chosen) for view, make in MAINS if view.applies(result)), None)


def _of_picks(result: PhotoResult, chosen: Chosen) -> Main:  # noqa: ARG001  (all are handed both)
    """What the classifier saw."""
    return Main(result.tape.of("picks")[0], "What is bright was picked, and is all that the classifier saw.")


def _of_weights(result: PhotoResult, chosen: Chosen) -> Main:  # noqa: ARG001  (all are handed both)
    """The one look."""
    return Main(result.tape.of(photo_soft.ROLE)[0], "What is bright weighs much in what is decided.")


def _of_looks(result: PhotoResult, chosen: Chosen) -> Main:
    """CLS through all layers; without it the last layer, from the clicked point or from all positions on average."""
    rolled, last = photo_self.can_roll_out(result), max(photo_self.layers(result))
    layer = photo_self.ROLLOUT if rolled else last
    prefix = photo_self.look(result, layer, MEAN, photo_self.ALL, photo_self.point_of(chosen)).grid.prefix
    found = photo_self.look(result, layer, MEAN, 0 if prefix else chosen["who"], photo_self.point_of(chosen))
    said = f"{found.looks} there, {'through all layers' if rolled else 'in the last layer'}."
    if prefix:
        return Main(found.map, said)
    clicks = photo_self.clicks(found, photo_self.point_of(chosen))
    return Main(found.map, f"{said} Click a point of the photo to see where it looks.", clicks)


def _of_places(result: PhotoResult, chosen: Chosen) -> Main:  # noqa: ARG001  (all are handed both)
    """The spatial gates of all blocks."""
    maps = photo_spatial.gates(result)
    said = "What is bright passes the gates of places; what is dark is held back."
    return Main(combined(maps) if len(maps) > 1 else maps[0], said)


def _of_channels(result: PhotoResult, chosen: Chosen) -> Main:  # noqa: ARG001  (all are handed both)
    """The channel gates of all blocks, which have no place."""
    maps = photo_channel.gates(result)
    said = "Channel attention has no place on the photo: it opens and shuts whole features, everywhere at once. One row a block."
    return Main(maps[-1], f"{said} Of the last:", figure=plot.gate_strip(maps, blocks(len(maps))), maps=maps)


# The first that a result has stands for it.
MAINS: tuple[tuple[View[PhotoResult], Callable[[PhotoResult, Chosen], Main]], ...] = (
    (photo_hard.VIEW, _of_picks),
    (photo_soft.VIEW, _of_weights),
    (photo_self.VIEW, _of_looks),
    (photo_spatial.VIEW, _of_places),
    (photo_channel.VIEW, _of_channels),
)
