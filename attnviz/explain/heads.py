"""Properties of heads, so that one knows where to start looking."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attnviz.maps import AttentionMap, edges
from attnviz.weights import Floats

SIDE = 24
SAMPLED = 96


@dataclass(frozen=True)
class Glance:
    """What some rows of a head say: `picture`, at most (24, 24), the largest weight of each tile; `sharpness` over these rows."""

    picture: Floats
    sharpness: float


def glance(m: AttentionMap, head: int, special: Sequence[bool], rows: NDArray[np.int64]) -> Glance:
    """A head at a glance from some of its rows, exact in these; nothing else is formed."""
    weights = m.rows(head, rows)
    tiles = np.maximum.reduceat(weights, edges(weights.shape[1], SIDE)[:-1], axis=1)
    return Glance(np.maximum.reduceat(tiles, edges(len(rows), SIDE)[:-1], axis=0), sharpness(weights, special, rows))


def all_glances(m: AttentionMap, special: Sequence[bool]) -> list[Glance]:
    """Every head of a map with axes (head, query, key), all rows read at once; for sequences that are no problem to hold."""
    weights = m.dense()
    pictures = weights
    for axis in (2, 1):
        if (length := weights.shape[axis]) > SIDE:
            pictures = np.maximum.reduceat(pictures, edges(length, SIDE)[:-1], axis=axis)
    return [Glance(*each) for each in zip(pictures, _sharpness(weights, special), strict=True)]


def sampled(special: Sequence[bool], most: int = SAMPLED) -> NDArray[np.int64]:
    """At most `most` positions that are not special, evenly spaced; all positions where all are special."""
    content = np.flatnonzero(~np.asarray(special, dtype=bool))
    content = content if len(content) else np.arange(len(special))
    return content[np.linspace(0, len(content) - 1, min(len(content), most)).round().astype(np.int64)]


def sharpness(weights: Floats, special: Sequence[bool], rows: NDArray[np.int64] | None = None) -> float:
    """How decidedly a head looks at distant words: the mean, over rows that are not special, of the largest weight on a
    position that is neither special, nor the row's own, nor directly beside it. From 0, never, to 1, all of every row.

    weights: (query, key) of one sequence with itself, or only those of the positions `rows`, over which the mean is then taken;
    special: one truth value a position.
    """
    return _sharpness(weights[None], special, rows)[0]


def _sharpness(weights: Floats, special: Sequence[bool], rows: NDArray[np.int64] | None = None) -> list[float]:
    """The same of each head of (head, query, key)."""
    content = np.flatnonzero(~np.asarray(special, dtype=bool))
    if rows is None:
        rows, weights = content, weights[:, content]
    distance = np.abs(rows[:, None] - content)
    distant = np.where(distance > 1, weights[..., content], 0)
    found: list[float] = distant.max(-1).mean(-1).tolist() if distant.size else [0.0] * len(weights)
    return found
