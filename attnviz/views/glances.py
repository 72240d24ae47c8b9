"""All heads of a result about a text at a glance: which are sharpest, and one picture each."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from attnviz import plot
from attnviz.encode import EncodedText
from attnviz.exhibit import Exhibit
from attnviz.explain import Glance, all_glances, glance, sampled
from attnviz.inside.effects import first
from attnviz.maps import AttentionMap
from attnviz.progress import telling
from attnviz.results import TextResult
from attnviz.state import Choice, OneOf, Places
from attnviz.terms import TERMS

HEADS = ("head", "query", "key")
PLACES = 3
# Up to so many tokens all rows of all heads are read; beyond, a sample of them.
LONG = plot.MAX_LABELS


@dataclass(frozen=True)
class Heads:
    """(layer, head) -> its glance; `rows` of `of` rows were read."""

    glances: dict[tuple[int, int], Glance]
    rows: int
    of: int

    @cached_property
    def ranked(self) -> list[tuple[float, int, int]]:
        """(sharpness, layer, head), the sharpest first."""
        return sorted(((round(each.sharpness, PLACES), *place) for place, each in self.glances.items()), reverse=True)


def is_long(encoded: EncodedText) -> bool:
    """Whether a text has more tokens than a figure can name."""
    return len(encoded.tokens) > LONG


def layers(result: TextResult) -> list[AttentionMap]:
    """The maps with heads, all over the tokens."""
    tokens = len(result.encoded.tokens)
    return result.once("layers over tokens", lambda: [m for m in result.tape if m.axes == HEADS and m.shape[1:] == (tokens,) * 2])


def heads(result: TextResult) -> Heads:
    """Read once for a result; of a long text from a sample of its rows."""
    return result.once("heads", lambda: _read(result))


def _read(result: TextResult) -> Heads:
    encoded, maps, tell = result.encoded, layers(result), telling("A first look at every head")
    special = [word.special for word in encoded.words for _ in word.positions]
    rows = sampled(special) if is_long(encoded) else None
    found: dict[tuple[int, int], Glance] = {}
    for layer, m in enumerate(maps):
        if rows is None:
            found |= {(layer, head): each for head, each in enumerate(all_glances(m, special))}
            continue
        for head in range(m.size("head")):
            found[layer, head] = glance(m, head, special, rows)
            tell((layer + (head + 1) / m.size("head")) / len(maps))
    return Heads(found, len(special) if rows is None else len(rows), len(special))


def opening(result: TextResult) -> tuple[int, int]:
    """The layer and head that a visitor sees first."""
    return heads(result).ranked[0][1:] if result.slopes is None else first(result.slopes)


def place_choices(result: TextResult) -> tuple[Choice, Choice]:
    """Which layer and head; at first those that the decision rests on most, or else of the sharpest head."""
    layer, head = opening(result)
    maps = layers(result)
    return (
        Choice("layer", "Layer", OneOf(tuple(range(len(maps))), listed=True), layer, TERMS["layer"].says),
        Choice("head", "Head", OneOf(tuple(range(min(m.size("head") for m in maps))), listed=True), head, TERMS["head"].says),
    )


def pictures(result: TextResult, layer: int, head: int, maps: Sequence[AttentionMap] = (), take: bool = False) -> Exhibit:
    """All layers and heads; a click chooses one, or with `take` switches it off. `maps`: the numbers, where they are few."""
    found = heads(result)
    down, across = (max(place[axis] for place in found.glances) + 1 for axis in (0, 1))
    hints = [
        f"layer {place[0]}, head {place[1]}<br>sharpness {each.sharpness:.2f}" for place, each in sorted(found.glances.items())
    ]
    figure = plot.thumbnails(
        [[found.glances[row, column].picture for column in range(across)] for row in range(down)], (layer, head), hints,
        _switches(result, down, across) if take else None,
    )  # fmt: skip
    legend = "One picture a head: rows look at columns, scaled to the largest weight. " + (
        "Click one to switch it off, or on again." if take else "Click one to see it in detail."
    )
    picks = ("off",) if take else ("layer", "head")
    caption = _opened(result) + _said(found)
    return Exhibit(
        "heads", "All heads", (figure,), caption, maps, result, legend, width=0.5, picks=picks, help=TERMS["sharpest"].says
    )


def _switches(result: TextResult, down: int, across: int) -> list[list[str]]:
    """What a click on each picture makes of the heads that are off, as an address has it."""
    allowed = Places(axes=2)
    return [[allowed.write(allowed.toggled(result.off, (layer, head)))] for layer in range(down) for head in range(across)]


def _opened(result: TextResult) -> str:
    """Why a map opens on the head that it opens on."""
    if result.slopes is None:
        return ""
    layer, head = place = first(result.slopes)
    return (
        f"Opens on layer {layer}, head {head}, on which “{result.decision}” rests most: without it its log-odds would fall by "
        f"{result.slopes[place]:.2f}, to first order. "
    )


def _said(found: Heads) -> str:
    said = f"Pictures and sharpness are from {found.rows:,} of {found.of:,} rows, evenly spaced. " if found.rows < found.of else ""
    if not found.ranked[0][0]:
        return f"{said}No head looks at distant words."
    best = ", ".join(f"layer {layer} head {head} ({value:.2f})" for value, layer, head in found.ranked[:5] if value)
    return f"{said}Sharpest looks at distant words: {best}."
