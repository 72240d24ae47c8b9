"""Gates of places: the gate of every place beside the photo and laid over it, block by block and combined."""

from collections.abc import Sequence

from attnviz import plot
from attnviz.exhibit import Exhibit
from attnviz.explain import combined
from attnviz.maps import AttentionMap
from attnviz.results import PhotoResult
from attnviz.state import Choice, Chosen, OneOf
from attnviz.terms import TERMS
from attnviz.views.photo import DRAWING, blocks, over_photo
from attnviz.views.view import View
from attnviz.weights import Floats

COMBINED, ALL = "combined", "all"


def gates(result: PhotoResult) -> list[AttentionMap]:
    """The maps with a gate for every place, in order."""
    return [m for m in result.tape if m.kind == "spatial" and m.axes == ("row", "column")]


def chosen_gates(result: PhotoResult, chosen: Chosen) -> list[AttentionMap]:
    """Those of the block that is chosen, or of all."""
    maps, block = gates(result), chosen.get("block", 0)
    return maps if isinstance(block, str) else [maps[block]]


def exhibits(result: PhotoResult, chosen: Chosen) -> Sequence[Exhibit]:
    """The gates of one block, of all, or combined."""
    maps, block = gates(result), chosen.get("block", 0)
    if block == COMBINED:
        return (_one(result, "combined", combined(maps), "All blocks", "All blocks", chosen),)
    wanted = range(len(maps)) if block == ALL else (block,)
    return tuple(
        _one(result, f"gates-{number}", maps[number], _named(maps, number), result.tape.layers.index(maps[number].layer), chosen)
        for number in wanted
    )


def _named(maps: Sequence[AttentionMap], number: int) -> str:
    return "" if len(maps) == 1 else blocks(len(maps))[number]


def _one(result: PhotoResult, name: str, m: AttentionMap, block: str, place: int | str, chosen: Chosen) -> Exhibit:
    title = f"{block}: which places may count?" if block else "Which places may count?"
    caption = f"What is bright passes the gates, what is dark is held back. {plot.caption(m, result.card.name, None, place)}"
    return over_photo(result, name, title, m, chosen, caption, help=TERMS["gate"].says)


def choices(result: PhotoResult) -> Sequence[Choice]:
    """Which block, where there are several; behind "More" how it is drawn."""
    count = len(gates(result))
    names = dict(enumerate(blocks(count))) | {COMBINED: "Combined", ALL: "All, one by one"}
    block = Choice("block", "Block", OneOf((*range(count), COMBINED, ALL), names.__getitem__), 0)
    return ((block,) if count > 1 else ()) + DRAWING


def says(result: PhotoResult, chosen: Chosen) -> tuple[str, Floats] | None:
    """The gates of the block in sight; of all one by one none is the one."""
    maps, block = gates(result), chosen.get("block", 0)
    if block == ALL:
        return None
    return ("all blocks", combined(maps).dense()) if block == COMBINED else (_named(maps, block) or "gates", maps[block].dense())


VIEW = View("spatial", "Places", PhotoResult, exhibits, choices, lambda result: bool(gates(result)), says)
