"""A map over a photo that was pinned, the one in sight, and what the second has more of: no view, as a view looks at one result."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from attnviz import plot
from attnviz.exhibit import Exhibit
from attnviz.maps import AttentionMap
from attnviz.plot.style import WHAT
from attnviz.results import PhotoResult
from attnviz.views.photo import picture
from attnviz.weights import Floats

PLACES = (("row", "column"), ("key_row", "key_column"))
STRENGTH = 0.85
LEGEND = "Blue: B has more. Orange: A has. One scale for A and B, and one that diverges from 0 for their difference."


class Pin(NamedTuple):
    """A map over the places of a photo, what it is called, and the result that it is of."""

    title: str
    m: AttentionMap
    result: PhotoResult


def pin(exhibits: Sequence[Exhibit], result: PhotoResult) -> Pin | None:
    """The first map of some exhibits that lies over the photo; None where there is none."""
    found = [each for each in exhibits if each.result is result and each.maps and each.maps[0].axes in PLACES]
    return Pin(found[0].title, found[0].maps[0], result) if found else None


def exhibits(a: Pin, b: Pin) -> Sequence[Exhibit]:
    """A and B over their photos, and B - A place by place, where both count the same over one grid."""
    top = max(float(each.m.dense().max()) for each in (a, b)) or 1.0
    sides = [_side(name, each, top if _alike(a, b) else float(each.m.dense().max()) or 1.0) for name, each in (("A", a), ("B", b))]
    if not _alike(a, b):
        return *sides, Exhibit("pinned-difference", "B - A", (), _unlike(a.m, b.m), (), b.result, width=1 / 3)
    gap = b.m.dense() - a.m.dense()
    figure = plot.place_difference(gap)
    return *sides, Exhibit("pinned-difference", "B - A", (figure,), _most(gap), (), b.result, LEGEND, width=1 / 3)


def _side(name: str, each: Pin, top: float) -> Exhibit:
    pixels = plot.laid_over(each.m, each.result.encoded.seen, STRENGTH, 0.0, top)
    drawn = picture(pixels, f"{name}: the photo, dimmed and grey where the map is low.", m=each.m)
    said = f"{each.result.card.name} says: {each.result.said}. Colours end at {top:.3f}."
    return Exhibit(f"pinned-{name.lower()}", f"{name}: {each.title}", (drawn,), said, (each.m,), each.result, width=1 / 3)


def _alike(a: Pin, b: Pin) -> bool:
    return a.m.shape == b.m.shape and a.m.norm == b.m.norm


def _unlike(a: AttentionMap, b: AttentionMap) -> str:
    """Why there is no difference, in a sentence."""
    if a.norm != b.norm:
        return f"A is in the unit {WHAT[a.norm]} and B in the unit {WHAT[b.norm]}, so their difference would mean nothing."
    grids = [" x ".join(map(str, m.shape)) for m in (a, b)]
    return f"A lies over {grids[0]} places and B over {grids[1]}, so there is no difference place by place."


def _most(gap: Floats) -> str:
    """How many places, and where most changes."""
    over = f"Over {gap.shape[0]} x {gap.shape[1]} places."
    if not np.abs(gap).max():
        return f"{over} Nothing changes."
    row, column = map(int, np.unravel_index(int(np.abs(gap).argmax()), gap.shape))
    return f"{over} Most changes in row {row}, column {column}, counted from 0: {gap[row, column]:+.3f}."
