"""One head of a long text, read once from its first row to its last: an overview, and what each position receives.

Rows are formed in bands, so that memory grows with length and not with its square, and the time is that of forming the weights.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from attnviz.maps import AttentionMap, edges
from attnviz.weights import Edges, Floats

BAND = 1 << 22
Tell = Callable[[float], object]


@dataclass(frozen=True)
class Overview:
    """`pooled`: (row tile, column tile), the largest weight of each; `rows` and `columns`: the positions where tiles begin, and
    the end. `received`: (column,), the mean over these rows of the weight on each of these columns."""

    pooled: Floats
    rows: Edges
    columns: Edges
    received: Floats


def overview(
    m: AttentionMap, head: int, size: int = 256, rows: range | None = None, columns: range | None = None, tell: Tell | None = None
) -> Overview:
    """Of one head, or of some of its rows and columns; exact. `tell` hears from 0 to 1 how far the reading is."""
    rows, columns = rows or range(m.size("query")), columns or range(m.size("key"))
    row_edges, column_edges = edges(len(rows), size), edges(len(columns), size)
    pooled = np.empty((len(row_edges) - 1, len(column_edges) - 1), dtype=np.float32)
    received = np.zeros(len(columns))
    for first, last in _bands(row_edges, m.size("key")):
        band = slice(rows.start + int(row_edges[first]), rows.start + int(row_edges[last]))
        weights = m.window(head, band, slice(columns.start, columns.stop))
        received += weights.sum(0)
        tiles = np.maximum.reduceat(weights, column_edges[:-1], axis=1)
        pooled[first:last] = np.maximum.reduceat(tiles, row_edges[first:last] - row_edges[first], axis=0)
        if tell is not None:
            tell(last / len(pooled))
    return Overview(pooled, rows.start + row_edges, columns.start + column_edges, (received / len(rows)).astype(np.float32))


def looked_at_by(m: AttentionMap, head: int, positions: tuple[int, ...], tell: Tell | None = None) -> Floats:
    """(query,) how much of each row falls on these key positions together; exact."""
    row_edges = edges(m.size("query"), 256)
    found = np.empty(m.size("query"), dtype=np.float32)
    for first, last in _bands(row_edges, m.size("key")):
        band = slice(int(row_edges[first]), int(row_edges[last]))
        found[band] = m.window(head, band, positions).sum(1)
        if tell is not None:
            tell(last / (len(row_edges) - 1))
    return found


def _bands(row_edges: Edges, keys: int) -> list[tuple[int, int]]:
    """Runs of row tiles, first and behind the last, whose weights are formed together."""
    tiles = len(row_edges) - 1
    run = max(1, BAND // max(1, keys * -(-int(row_edges[-1]) // tiles)))
    return [(first, min(first + run, tiles)) for first in range(0, tiles, run)]
