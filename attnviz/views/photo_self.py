"""Self-attention over a photo: where a point of it, CLS, or all on average look, layer by layer, head by head, and by rollout."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from attnviz import plot
from attnviz.encode import Patches, Point
from attnviz.exhibit import Exhibit
from attnviz.explain import over_patches, rollout
from attnviz.explain.rollout import LONGEST
from attnviz.maps import AttentionMap
from attnviz.results import PhotoResult
from attnviz.state import Choice, Chosen, OneOf, Real
from attnviz.terms import TERMS
from attnviz.views.heads import MEAN, of_head
from attnviz.views.photo import DRAWING, Clicks, over_photo, ranked
from attnviz.views.view import View
from attnviz.weights import Floats

HEADS = ("head", "query", "key")
ROLLOUT = "rollout"
POINT, ALL = "point", "all"
PICKS = ("down", "across", "who")
LOOKS = {POINT: "The clicked point", ALL: "All positions on average"}
WHO_HELP = "A click on the photo sets the point. CLS, where there is one, stands for no place: the model decides from what it saw."


class Look(NamedTuple):
    """Who looks through what: `m` is over (query, key), `query` a position of it, None for all on average."""

    m: AttentionMap
    grid: Patches
    who: str
    query: int | None

    @property
    def map(self) -> AttentionMap:
        """Over the photo."""
        return over_patches(self.m, self.grid, self.query)

    @property
    def looks(self) -> str:
        """Who looks, as the beginning of a sentence."""
        return f"{self.who[0].upper()}{self.who[1:]} look{'' if self.query is None else 's'}"


def layers(result: PhotoResult) -> dict[int, AttentionMap]:
    """The maps whose queries and keys stand for the same places of the photo, by their number on the tape."""
    maps = enumerate(result.tape)
    return {i: m for i, m in maps if m.axes == HEADS and result.grid(m) and m.size("query") == m.size("key")}


def can_roll_out(result: PhotoResult) -> bool:
    """Whether all layers look at the same positions, so that a position can be followed through all of them."""
    found = list(layers(result).values())
    lengths = {m.size("query") for m in found}
    alike = len(lengths) == 1 and max(lengths) <= LONGEST and {m.norm for m in found} == {"softmax"}
    return 1 < len(found) == len(result.tape) and alike


def look(result: PhotoResult, layer: int | str, head: int | str, who: int | str, point: Point) -> Look:
    """`layer`: a number on the tape or ROLLOUT; `who`: POINT, ALL, or which of the tokens before the patches."""
    if layer == ROLLOUT:
        m = result.once(ROLLOUT, lambda: rollout(result.tape))
    else:
        whole = layers(result)[int(layer)]
        m = (
            whole.at_head(0)
            if whole.size("head") == 1
            else of_head(whole, head if head == MEAN else min(int(head), whole.size("head") - 1))
        )
    grid = result.grid(m)
    if grid is None:
        raise ValueError(f"{m.layer} has no grid over the photo")
    if isinstance(who, int) and who < len(grid.prefix):
        return Look(m, grid, grid.prefix[who], who)
    if who == ALL:
        return Look(m, grid, LOOKS[ALL].lower(), None)
    query = grid.position(*grid.at(point))
    return Look(m, grid, f"the patch at {grid.names[query]}", query)


def point_of(chosen: Chosen) -> Point:
    """The point of the photo that is chosen."""
    return Point(chosen["down"], chosen["across"])


def clicks(found: Look, point: Point) -> Clicks:
    """A click lets a patch look; the one that looks is framed."""
    place = found.grid.at(point)
    framed = found.query == found.grid.position(*place)
    return Clicks((found.grid.rows, found.grid.columns), place if framed else None, PICKS, (POINT,))


def exhibits(result: PhotoResult, chosen: Chosen) -> Sequence[Exhibit]:
    """Where it looks, over the photo and ranked; and for one position what looks at it."""
    layer, head, point = chosen["layer"], chosen.get("head", MEAN), point_of(chosen)
    found = look(result, layer, head, chosen["who"], point)
    m, place = found.map, "All layers" if layer == ROLLOUT else layer
    caption = "" if chosen["who"] == POINT else "Click the photo to see where that patch looks. "
    caption += plot.caption(m, result.card.name, None, place)
    title = f"{_through(layer, head, layers(result))}: where {found.who} look{'' if found.query is None else 's'}"
    weights, names = found.m.dense(), found.grid.names
    shows = (
        over_photo(result, "look", title, m, chosen, caption, clicks(found, point), TERMS["head"].says),
        ranked(
            result,
            "looks-at",
            f"{found.looks} at",
            names,
            found.m,
            weights.mean(0) if found.query is None else weights[found.query],
        ),
    )
    if found.query is None:
        return shows
    by = f"{found.who[0].upper()}{found.who[1:]} is looked at by"
    return *shows, ranked(result, "looked-at", by, names, found.m, weights[:, found.query])


def _through(layer: int | str, head: int | str, maps: dict[int, AttentionMap]) -> str:
    if layer == ROLLOUT:
        return "All layers, by rollout"
    if maps[int(layer)].size("head") == 1:
        return f"Layer {layer}"
    return f"Layer {layer}, {'mean of heads' if head == MEAN else f'head {head}'}"


def choices(result: PhotoResult) -> Sequence[Choice]:
    """Layer, head and who looks; behind "More" how it is drawn, and the point, which a click sets too."""
    maps = layers(result)
    grids = {i: result.grid(m) for i, m in maps.items()}
    last = max(maps)
    prefix = grids[last].prefix if grids[last] else ()  # type: ignore[union-attr]
    numbers: tuple[Any, ...] = (*maps, ROLLOUT) if can_roll_out(result) else tuple(maps)
    first = ROLLOUT if can_roll_out(result) else last  # one layer alone says little of where the decision came from
    heads = max(m.size("head") for m in maps.values())
    who = dict(enumerate(prefix)) | LOOKS
    head = Choice("head", "Head", OneOf((MEAN, *range(heads)), _head_said, listed=True), MEAN, TERMS["head"].says)
    return (
        Choice("layer", "Layer", OneOf(numbers, lambda layer: _layer_said(layer, grids), listed=True), first, TERMS["layer"].says),
        *((head,) if heads > 1 else ()),
        Choice("who", "Who looks", OneOf((*who,), who.__getitem__, listed=True), next(iter(who)), WHO_HELP),
        *DRAWING,
        *POINT_CHOICES,
    )


POINT_CHOICES = (
    Choice("down", "The point, from the top", Real(0.0, 1.0, 0.001), 0.5, more=True),
    Choice("across", "The point, from the left", Real(0.0, 1.0, 0.001), 0.5, more=True),
)


def _head_said(head: int | str) -> str:
    return "Mean of heads" if head == MEAN else f"Head {head}"


def _layer_said(layer: int | str, grids: dict[int, Patches | None]) -> str:
    if layer == ROLLOUT:
        return "All, by rollout"
    grid = grids[int(layer)]
    return f"Layer {layer}" if grid is None or len(set(grids.values())) == 1 else f"Layer {layer} ({grid.rows} x {grid.columns})"


def says(result: PhotoResult, chosen: Chosen) -> tuple[str, Floats]:
    """Where the one that looks does look, in sight."""
    layer, head = chosen["layer"], chosen.get("head", MEAN)
    found = look(result, layer, head, chosen["who"], point_of(chosen))
    return f"{_through(layer, head, layers(result))}, {found.who}", found.map.dense()


VIEW = View("self", "Who looks where", PhotoResult, exhibits, choices, lambda result: bool(layers(result)), says)
