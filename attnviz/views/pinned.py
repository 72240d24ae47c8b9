"""A map that was pinned, the one in sight, and what the second has more of: no view, for a view looks at one result."""

from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import NamedTuple

import numpy as np

from attnviz import plot
from attnviz.exhibit import Exhibit
from attnviz.maps import AttentionMap
from attnviz.results import TextResult
from attnviz.weights import Dense, Floats


class Pin(NamedTuple):
    """A map with axes (query, key) over words, what it is called, and the result that it is of."""

    title: str
    m: AttentionMap
    result: TextResult


def pin(exhibits: Sequence[Exhibit], result: TextResult) -> Pin | None:
    """The map of some exhibits that can be pinned; None where there is none."""
    found = [each for each in exhibits if each.name == "map" and each.maps and each.maps[0].axes == ("query", "key")]
    return Pin(found[0].title, found[0].maps[0], result) if found else None


def exhibits(a: Pin, b: Pin) -> Sequence[Exhibit]:
    """A, B and B - A, over the words that both have in one order."""
    first, second = together(a.m, b.m)
    top = max(float(each.dense().max(initial=0)) for each in (first, second)) or 1.0
    sides = [
        Exhibit(f"pinned-{name.lower()}", f"{name}: {each.title}", (plot.heatmap(m, top),), _said(each), (each.m,), each.result,
                width=1 / 3)
        for name, each, m in (("A", a, first), ("B", b, second))
    ]  # fmt: skip
    legend = "Blue: B has more. Orange: A has. One scale for A and B, and one that diverges from 0 for their difference."
    figure, caption = plot.difference(second, first), _most(second.dense() - first.dense(), first.labels["query"])
    return *sides, Exhibit("pinned-difference", "B - A", (figure,), caption, (), b.result, legend, width=1 / 3)


def _most(gap: Floats, names: Sequence[str]) -> str:
    """Over how many words, and where most changes."""
    over = f"Over the {len(names)} words that both have."
    if not np.abs(gap).max(initial=0):
        return f"{over} Nothing changes."
    row, column = map(int, np.unravel_index(int(np.abs(gap).argmax()), gap.shape))
    return f"{over} Most changes where “{names[row]}” looks at “{names[column]}”: {gap[row, column]:+.3f}."


def _said(each: Pin) -> str:
    return f"{each.result.card.name} says: {each.result.said}."


def together(a: AttentionMap, b: AttentionMap) -> tuple[AttentionMap, AttentionMap]:
    """Both over the words that they have in common, in order."""
    names = a.labels["query"], b.labels["query"]
    blocks = SequenceMatcher(None, *names, autojunk=False).get_matching_blocks()
    places = [[start + i for block in blocks for i, start in [(i, block[side]) for i in range(block.size)]] for side in (0, 1)]
    return _part(a, places[0]), _part(b, places[1])


def _part(m: AttentionMap, places: list[int]) -> AttentionMap:
    labels, weights = tuple(m.labels["query"][i] for i in places), m.dense()[np.ix_(places, places)]
    return replace(m, weights=Dense(weights), labels={"query": labels, "key": labels}, norm="partial", receipt=None)
