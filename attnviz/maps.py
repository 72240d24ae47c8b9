"""AttentionMap: numbers with their meaning attached. NumPy only."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from attnviz.errors import MapError, MapTooLarge, PromiseBroken
from attnviz.weights import Dense, DotProduct, Edges, Floats, Index, Stack, Weights, positions

Kind = Literal["soft", "hard", "self", "spatial", "channel"]
Norm = Literal["softmax", "partial", "onehot", "sigmoid", "binary"]
How = Literal["max", "mean"]

PROMISES: dict[Norm, str] = {
    "softmax": "each row sums to 1",
    "partial": "each row is a part of a distribution and sums to at most 1",
    "onehot": "each row is one 1 among zeros",
    "sigmoid": "each number is a gate between 0 and 1 of its own; nothing sums to 1",
    "binary": "each number is 1 where something was picked and 0 where not; any number of them may be",
}
TOLERANCE = 2e-3
EPSILON = {"float16": 2**-10, "bfloat16": 2**-7}
DENSE_LIMIT = 1 << 30
TILE = 1 << 22


@dataclass(frozen=True)
class Receipt:
    """How a map was had. Times are in seconds; errors are the largest absolute ones found; `precision`: of the layer's numbers.

    `evidence`: what tells that these rows are those of the example.
    """

    layer: str
    how: str
    backend_before: str
    backend_during: str
    row_sum_error: float | None
    output_error: float | None
    seconds: float
    bytes: int
    precision: str = "float32"
    evidence: str = ""


@dataclass(frozen=True)
class AttentionMap:
    """What one layer attended to in one call, for one example.

    `axes` names the axes of the weights, for example ("head", "query", "key"), ("row", "column") or ("channel",);
    axes that begin with "key" are those that a softmax sums over. `labels` may name the positions of an axis.
    `notes` say what was done to the numbers since they left the layer; `of_head` is the head that a map was narrowed to.
    `role`: what the numbers are for in their net, as the layer says; "" where it says nothing.
    Raises MapError at construction where the weights break the promise of `norm`; nobody checks again.
    """

    layer: str
    kind: Kind
    mechanism: str
    norm: Norm
    axes: tuple[str, ...]
    weights: Weights
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    receipt: Receipt | None = None
    of_head: int | None = None
    role: str = ""

    def __post_init__(self) -> None:
        if len(self.axes) != len(self.shape):
            raise MapError(f"layer {self.layer}: weights of shape {self.shape} do not have the axes {self.axes}")
        for axis, names in self.labels.items():
            if len(names) != self.size(axis):
                raise MapError(f"layer {self.layer}: {len(names)} labels for {self.size(axis)} positions of axis {axis!r}")
        if isinstance(self.weights, Dense):
            precision = "float32" if self.receipt is None else self.receipt.precision
            check_promise(self.weights.array, self.axes, self.norm, self.layer, precision)

    @property
    def shape(self) -> tuple[int, ...]:
        """Without the batch, one number an axis."""
        return self.weights.shape

    @property
    def promise(self) -> str:
        """What the numbers keep, as a clause for a caption."""
        return PROMISES[self.norm]

    def size(self, axis: str) -> int:
        """Number of positions of an axis."""
        return self.shape[self.axes.index(axis)]

    def dense(self, limit: int = DENSE_LIMIT) -> Floats:
        """All weights as float32; MapTooLarge above `limit` bytes, before anything is computed."""
        size = 4 * int(np.prod(self.shape))
        if size > limit:
            raise MapTooLarge(
                f"layer {self.layer}: all weights of shape {self.shape} take {size:,} bytes, the limit is {limit:,}",
                "ask for head(), rows(), window() or pooled()",
            )
        return self.weights.dense()

    def head(self, head: int) -> Floats:
        """(query, key) weights of one head."""
        return self.window(head, slice(None), slice(None))

    def rows(self, head: int, rows: Index) -> Floats:
        """(chosen query, key) weights of one head."""
        return self.window(head, rows, slice(None))

    def window(self, head: int, rows: Index, columns: Index) -> Floats:
        """(chosen query, chosen key) weights of one head, exact, and nothing else is formed."""
        self._check_head(head)
        return self.weights.window(head, rows, columns)

    def pooled(self, head: int, size: int = 256, how: How = "max", device: str = "cpu") -> Floats:
        """Overview of one head: at most (size, size) cells, each the largest or the mean weight of its tile.

        Streamed over bands of rows, on a `device` of torch; a sequence no longer than `size` comes back as it is.
        """
        self._check_head(head)
        queries, keys = self.shape[1:]
        row_edges, column_edges = edges(queries, size), edges(keys, size)
        overview = None
        if isinstance(self.weights, DotProduct):
            overview = self.weights.pooled(head, row_edges, column_edges, how, device)
        if overview is None:
            reduce = np.maximum if how == "max" else np.add
            overview = self._pooled_rows(head, row_edges, column_edges, reduce)
        if how == "mean":
            overview /= np.outer(np.diff(row_edges), np.diff(column_edges))
        return overview

    def _pooled_rows(self, head: int, row_edges: Edges, column_edges: Edges, reduce: np.ufunc) -> Floats:
        """From whole rows, of which a band is formed at a time."""
        overview = np.empty((len(row_edges) - 1, len(column_edges) - 1), dtype=np.float32)
        band = max(1, TILE // max(1, self.shape[2] * -(-self.shape[1] // max(1, len(overview)))))
        for first in range(0, len(overview), band):
            last = min(first + band, len(overview))
            rows = self.rows(head, slice(int(row_edges[first]), int(row_edges[last])))
            columns = reduce.reduceat(rows, column_edges[:-1], axis=1)
            overview[first:last] = reduce.reduceat(columns, row_edges[first:last] - row_edges[first], axis=0)
        return overview

    def at_head(self, head: int) -> "AttentionMap":
        """The map of one head, with axes ("query", "key")."""
        self._check_head(head)
        labels = {axis: names for axis, names in self.labels.items() if axis != "head"}
        if (size := 4 * self.shape[1] * self.shape[2]) > DENSE_LIMIT:
            raise MapTooLarge(
                f"layer {self.layer}: all weights of head {head} take {size:,} bytes, the limit is {DENSE_LIMIT:,}",
                "ask for a part of it: part(), rows() or pooled(), in the shell --rows and --columns",
            )
        return replace(self, axes=("query", "key"), weights=Dense(self.head(head)), labels=labels, of_head=head)

    def part(self, head: int, rows: range, columns: range) -> "AttentionMap":
        """The map of some consecutive queries and keys of one head, exact, with axes ("query", "key").

        Labels begin with the position. Nothing but these rows is formed. Raises MapError outside the map.
        """
        self._check_head(head)
        axes = {"query": rows, "key": columns}
        for axis, chosen in axes.items():
            if not 0 <= chosen.start < chosen.stop <= self.size(axis):
                raise MapError(
                    f"layer {self.layer}: no {axis} positions {chosen.start} to {chosen.stop}",
                    f"positions are 0 to {self.size(axis)}, the last one not counted",
                )
        names = {axis: self.labels.get(axis) for axis in axes}
        labels = {axis: tuple(f"{i} {n[i]}" if n else str(i) for i in axes[axis]) for axis, n in names.items()}
        note = (
            f"Queries {rows.start:,} to {rows.stop - 1:,} of {self.size('query'):,} and keys {columns.start:,} to "
            f"{columns.stop - 1:,} of {self.size('key'):,}, exact."
        )
        whole = len(columns) == self.size("key") or self.norm == "sigmoid"
        return replace(
            self, axes=("query", "key"), norm=self.norm if whole else "partial", of_head=head, labels=labels,
            weights=Dense(self.window(head, slice(rows.start, rows.stop), slice(columns.start, columns.stop))),
            notes=(*self.notes, note),
        )  # fmt: skip

    def mean_of_heads(self) -> "AttentionMap":
        """The mean over all heads, with axes ("query", "key"); what rows summed to, they still do."""
        heads = [self.head(head) for head in range(self.size("head"))]
        labels = {axis: names for axis, names in self.labels.items() if axis != "head"}
        mean = np.stack(heads).mean(axis=0, dtype=np.float32)
        return replace(self, axes=("query", "key"), weights=Dense(mean), labels=labels, notes=(*self.notes, "Mean of all heads."))

    def sum_of_heads(self) -> "AttentionMap":
        """Heads that share one distribution, as those of a "partial" map may, put together: with axes ("query", "key")."""
        labels = {axis: names for axis, names in self.labels.items() if axis != "head"}
        total = self.dense().sum(0, dtype=np.float32)
        return replace(self, axes=("query", "key"), weights=Dense(total), labels=labels, notes=(*self.notes, "All heads together."))

    def at_window(self, window: int) -> "AttentionMap":
        """The map of one window of an image, with axes ("head", "query", "key")."""
        if self.axes[0] != "window":
            raise MapError(f"layer {self.layer}: a map with axes {self.axes} has no windows")
        parts = self.weights.parts if isinstance(self.weights, Stack) else tuple(map(Dense, self.weights.dense()))
        return replace(self, axes=self.axes[1:], weights=parts[window])

    def _check_head(self, head: int) -> None:
        if self.axes != ("head", "query", "key"):
            raise MapError(f"layer {self.layer}: a map with axes {self.axes} has no heads", "use dense()")
        if not 0 <= head < self.shape[0]:
            raise MapError(f"layer {self.layer}: no head {head}", f"heads are 0 to {self.shape[0] - 1}")

    def labelled(self, **labels: tuple[str, ...]) -> "AttentionMap":
        """The same map with names for the positions of some axes."""
        return replace(self, labels={**self.labels, **labels})


def tolerance(precision: str, length: int) -> float:
    """How far the sum of so many numbers may be from 1.

    In half precision a weight is rounded by up to half an epsilon of itself, in a softmax once and in a division by a sum three
    times; the smallest are rounded by a fixed step, which a long row adds up.
    """
    epsilon = EPSILON.get(precision, 0.0)
    return max(TOLERANCE, epsilon * (2 + length / 2**14))


def check_promise(array: NDArray[Any], axes: tuple[str, ...], norm: Norm, layer: str, precision: str = "float32") -> float | None:
    """The largest error of a sum over the key axes (None where nothing sums); PromiseBroken where the promise is broken.

    `precision`: of the numbers as the layer had them. A row of zeros is the row of a query that may look at nothing, and keeps
    any promise.
    """
    if not np.isfinite(array).all():
        raise PromiseBroken(f"layer {layer}: {int((~np.isfinite(array)).sum())} weights are not finite numbers")
    low, high = (float(array.min()), float(array.max())) if array.size else (0.0, 0.0)
    keys = tuple(i for i, axis in enumerate(axes) if axis.startswith("key"))
    allowed = tolerance(precision, int(np.prod([array.shape[i] for i in keys])))
    if low < -allowed or high > 1 + allowed:
        raise PromiseBroken(f"layer {layer}: weights run from {low:.4g} to {high:.4g}, outside 0 to 1, so they are not {norm}")
    if norm in ("onehot", "binary") and not np.isin(array, (0, 1)).all():
        raise PromiseBroken(f"layer {layer}: a hard choice holds numbers other than 0 and 1")
    if norm in ("sigmoid", "binary"):
        return None
    if not keys:
        raise MapError(f"layer {layer}: {norm} weights need a key axis, the axes are {axes}")
    sums = array.sum(axis=keys, dtype=np.float64)
    if norm == "partial":
        error = float(np.maximum(sums - 1, 0).max(initial=0))
    else:
        error = float(np.where(sums == 0, 0, np.abs(sums - 1)).max(initial=0))
    if error > allowed:
        raise PromiseBroken(f"layer {layer}: rows sum to between {sums.min():.4g} and {sums.max():.4g}, but {PROMISES[norm]}")
    return error


def edges(length: int, size: int) -> Edges:
    """Where tiles begin, and at last the length: at most `size` tiles over `length` positions, as even as can be."""
    return np.linspace(0, length, min(length, size) + 1).round().astype(np.int64)


__all__ = ["PROMISES", "AttentionMap", "Floats", "How", "Index", "Kind", "Norm", "Receipt", "check_promise", "edges", "positions"]
