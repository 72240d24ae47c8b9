"""Gates of channels and places: the ends of a ranking, and several maps as one."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from attnviz.errors import MapError
from attnviz.maps import AttentionMap
from attnviz.weights import Dense, Floats


def weakest(m: AttentionMap, count: int) -> list[int]:
    """The channels with the smallest gates, the smallest first."""
    return [int(i) for i in np.argsort(m.dense(), kind="stable")[:count]]


def strongest(m: AttentionMap, count: int) -> list[int]:
    """The channels with the largest gates, the largest first."""
    return [int(i) for i in np.argsort(-m.dense(), kind="stable")[:count]]


def tenth(m: AttentionMap) -> int:
    """How many channels a tenth of them are, at least one."""
    return max(1, round(m.size("channel") / 10))


def combined(maps: Sequence[AttentionMap]) -> AttentionMap:
    """Gates over (row, column) of several layers -> their mean on the finest of their grids.

    A place of the finest grid takes, of a coarser one, the gate of the cell in which its middle lies. No layer emits this map,
    and it has no receipt; a note says how it was made. MapError for maps that are no gates over rows and columns.
    """
    for m in maps:
        if m.axes != ("row", "column") or m.norm != "sigmoid":
            raise MapError(f"layer {m.layer}: no gates over rows and columns, but {m.norm} over {m.axes}")
    rows, columns = (max(m.size(axis) for m in maps) for axis in ("row", "column"))
    mean = np.stack([_spread(m.dense(), rows, columns) for m in maps]).mean(0, dtype=np.float32)
    sizes = ", ".join(f"{m.size('row')} x {m.size('column')}" for m in maps)
    note = (
        f"Made, not emitted: the mean of the gates of {len(maps)} layers ({sizes}), each brought to {rows} x {columns} by giving "
        "every place the gate of the cell in which it lies."
    )  # fmt: skip
    return replace(
        maps[0], layer="combined", mechanism=f"mean of {len(maps)} layers", weights=Dense(mean), notes=(note,),
        receipt=None,
    )  # fmt: skip


def _spread(gates: Floats, rows: int, columns: int) -> Floats:
    down, across = ((2 * np.arange(n) + 1) * size // (2 * n) for n, size in zip((rows, columns), gates.shape, strict=True))
    return gates[down][:, across]
