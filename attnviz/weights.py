"""Where the numbers of a map come from: an array, or the query and key that a softmax is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Index = slice | Sequence[int] | NDArray[np.int64]


class Weights(Protocol):
    """Weights that can be had in parts."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Without the batch."""

    def dense(self) -> Floats:
        """Everything."""

    def window(self, head: int, rows: Index, columns: Index) -> Floats:
        """(chosen query, chosen key) of one head."""


@dataclass(frozen=True)
class Dense:
    """Weights as a layer emitted them; the array is made read-only."""

    array: Floats

    def __post_init__(self) -> None:
        array = np.asarray(self.array, dtype=np.float32).view()
        array.flags.writeable = False
        object.__setattr__(self, "array", array)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.array.shape

    def dense(self) -> Floats:
        return self.array

    def window(self, head: int, rows: Index, columns: Index) -> Floats:
        return self.array[head][positions(rows, self.shape[1])][:, positions(columns, self.shape[2])]


@dataclass(frozen=True)
class DotProduct:
    """softmax(scale * query . key + bias), formed only as asked for; memory grows with length, not with its square.

    query: (head, query, feature); key: (key head, key, feature), where consecutive heads share a key head.
    bias: None or an array that broadcasts to (head, query, key): numbers, -inf where a key is hidden, or booleans,
    False where one is.
    causal: query i sees keys 0 to i. A query that sees no key gets a row of zeros.
    """

    query: NDArray[Any]
    key: NDArray[Any]
    scale: float
    bias: NDArray[Any] | None = None
    causal: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.query.shape[0], self.query.shape[1], self.key.shape[1])

    def dense(self) -> Floats:
        return np.stack([self.window(head, slice(None), slice(None)) for head in range(self.shape[0])])

    def window(self, head: int, rows: Index, columns: Index) -> Floats:
        heads, queries, keys = self.shape
        chosen = np.arange(queries)[positions(rows, queries)]
        key = self.key[head * len(self.key) // heads]
        scores = (self.query[head, chosen].astype(np.float32) * np.float32(self.scale)) @ key.astype(np.float32).T
        if self.bias is not None:
            bias = _rows_of(self.bias, head, chosen)
            if bias.dtype == np.bool_:
                scores[~np.broadcast_to(bias, scores.shape)] = -np.inf
            else:
                scores += bias
        if self.causal:
            scores[chosen[:, None] < np.arange(keys)] = -np.inf
        return softmax(scores)[:, positions(columns, keys)]


@dataclass(frozen=True)
class Stack:
    """Weights side by side on a new first axis, such as the windows of an image; each part is had as it is."""

    parts: tuple[Weights, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.parts), *self.parts[0].shape)

    def dense(self) -> Floats:
        return np.stack([part.dense() for part in self.parts])

    def window(self, head: int, rows: Index, columns: Index) -> Floats:
        """(part, chosen query, chosen key) of one head."""
        return np.stack([part.window(head, rows, columns) for part in self.parts])


def _rows_of(bias: NDArray[Any], head: int, rows: NDArray[np.int64]) -> NDArray[Any]:
    """(chosen query, key) of a bias, or (1, key) where all queries share a row."""
    per_head = bias[np.newaxis] if bias.ndim == 2 else bias
    one = per_head[head if len(per_head) > 1 else 0]
    return one[rows] if len(one) > 1 else one


def softmax(scores: Floats) -> Floats:
    """Over the last axis, in place; a row of -inf becomes zeros, never NaN."""
    top = scores.max(axis=-1, keepdims=True, initial=-np.inf)
    scores -= np.where(np.isneginf(top), 0, top)
    np.exp(scores, out=scores)
    total = scores.sum(axis=-1, keepdims=True)
    scores /= np.where(total == 0, 1, total)
    return scores


def positions(index: Index, length: int) -> slice | NDArray[np.int64]:
    """An index that NumPy takes: a slice as it is, a sequence as integers; IndexError outside the length."""
    if isinstance(index, slice):
        return index
    chosen = np.asarray(index, dtype=np.int64)
    if chosen.size and (chosen.min() < -length or chosen.max() >= length):
        raise IndexError(f"positions {index} reach outside 0 to {length - 1}")
    return chosen
