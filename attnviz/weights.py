"""Where the numbers of a map come from: an array, or the query and key that a softmax is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Edges = NDArray[np.int64]
Index = slice | Sequence[int] | NDArray[np.int64]

FORMED = 1 << 22  # weights of whole rows that are formed at a time, where only a part of them is asked for


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
        heads, queries, keys = self.shape
        if heads * queries * keys <= FORMED:
            return self.all_heads(np.arange(queries))
        return np.stack([self.window(head, slice(None), slice(None)) for head in range(self.shape[0])])

    def window(self, head: int, rows: Index, columns: Index) -> Floats:
        _, queries, keys = self.shape
        chosen, wanted = np.arange(queries)[positions(rows, queries)], positions(columns, keys)
        band = max(1, FORMED // max(1, keys))  # whole rows are formed first, so many of them at a time
        if len(chosen) <= band:
            return self._rows(head, chosen)[:, wanted]
        return np.concatenate([self._rows(head, chosen[i : i + band])[:, wanted] for i in range(0, len(chosen), band)])

    def _rows(self, head: int, chosen: NDArray[np.int64]) -> Floats:
        """(chosen query, key) of one head."""
        heads, _, keys = self.shape
        key = self.key[head * len(self.key) // heads]
        scores = (self.query[head, chosen].astype(np.float32) * np.float32(self.scale)) @ key.astype(np.float32, copy=False).T
        if self.bias is not None:
            bias = _rows_of(self.bias, head, chosen)
            if bias.dtype == np.bool_:
                scores[~np.broadcast_to(bias, scores.shape)] = -np.inf
            else:
                scores += bias
        if self.causal:
            scores[chosen[:, None] < np.arange(keys)] = -np.inf
        return softmax(scores)

    def all_heads(self, rows: NDArray[np.int64]) -> Floats:
        """(head, chosen query, key), in one product."""
        heads, _, keys = self.shape
        key = self.key.astype(np.float32, copy=False)
        key = key if len(key) == heads else np.repeat(key, heads // len(key), axis=0)
        scores = (self.query[:, rows].astype(np.float32) * np.float32(self.scale)) @ key.transpose(0, 2, 1)
        if self.bias is not None:
            bias = self.bias[..., rows, :] if self.bias.shape[-2] > 1 else self.bias
            scores = np.where(bias, scores, np.float32(-np.inf)) if bias.dtype == np.bool_ else scores + bias
        if self.causal:
            scores[:, rows[:, None] < np.arange(keys)] = -np.inf
        return softmax(scores.astype(np.float32, copy=False))

    def pooled(self, head: int, rows: Edges, columns: Edges, how: str, device: str = "cpu") -> Floats | None:
        """(row tile, column tile): the largest or the sum of the weights of each tile, formed on a device.

        None where they cannot be streamed: each query has a bias of its own, or scores are too large.
        """
        from attnviz.tiles import pooled  # torch, which nothing else here needs

        query = self.query[head].astype(np.float32) * np.float32(self.scale)
        key = self.key[head * len(self.key) // self.shape[0]].astype(np.float32)
        hidden = self._hidden_keys(head)
        return None if hidden is None else pooled(query, key, hidden.copy(), self.causal, rows, columns, how, device)

    def _hidden_keys(self, head: int) -> NDArray[np.bool_] | None:
        """(key,) true where all queries are kept from a key; None where the bias says more than that."""
        if self.bias is None:
            return np.zeros(self.shape[2], dtype=np.bool_)
        row = _rows_of(self.bias, head, np.arange(1))
        if self.bias.shape[-2] > 1 or row.ndim != 2 or not (row.dtype == np.bool_ or np.isin(row, (0, -np.inf)).all()):
            return None
        found: NDArray[np.bool_] = np.broadcast_to(~row if row.dtype == np.bool_ else np.isneginf(row), (1, self.shape[2]))[0]
        return found


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


@dataclass(frozen=True)
class Rows:
    """Weights of consecutive queries, (head, query, key so far) each; keys that a part does not have are zero.

    `starts`: the position of the first key of each part, 0 where they are not given.
    """

    parts: tuple[Weights, ...]
    keys: int
    starts: tuple[int, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        return (self.parts[0].shape[0], sum(part.shape[1] for part in self.parts), self.keys)

    def dense(self) -> Floats:
        return np.stack([self.window(head, slice(None), slice(None)) for head in range(self.shape[0])])

    def window(self, head: int, rows: Index, columns: Index) -> Floats:
        chosen = np.arange(self.shape[1])[positions(rows, self.shape[1])]
        found = np.zeros((len(chosen), self.keys), dtype=np.float32)
        first = 0
        for part, start in zip(self.parts, self.starts or (0,) * len(self.parts), strict=True):
            _, queries, keys = part.shape
            here = np.flatnonzero((chosen >= first) & (chosen < first + queries))
            if here.size:
                found[here, start : start + keys] = part.window(head, chosen[here] - first, slice(None))
            first += queries
        return found[:, positions(columns, self.keys)]


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
