"""A word aligner, fitted on sentence pairs alone: IBM model 1 with a diagonal (fast_align; Dyer et al., 2013), both ways."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Words = Sequence[str]
Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]

ROUNDS = 5
TENSION = 4.0
NOWHERE = 0.08  # that a word comes from no word of the other side
RARE = 1e-6  # that a word comes from one that it never stood beside
# Words are linked where both would choose each other so often; else a word goes to its own choice.
AGREED = 0.1
CLOSE = 0.5


class WordLinks:
    """p(word | word of the other side) of two languages, by expectation maximisation over pairs of sentences cut into words."""

    def __init__(self, pairs: Iterable[tuple[Words, Words]]) -> None:
        self._ids: tuple[dict[str, int], dict[str, int]] = ({}, {})
        numbered = [tuple(self._new(side, words) for side, words in enumerate(pair)) for pair in pairs]
        cells = [_Cells(source, target) for source, target in numbered if len(source) and len(target)]
        self._keys, places = np.unique(self._key(cells), return_inverse=True)
        prior = np.concatenate([cell.prior for cell in cells])
        words = [np.concatenate([cell[side] for cell in cells]) for side in (0, 1)]
        groups: tuple[list[Numbers], list[Numbers]] = ([], [])  # the cells that are one word's, of the source and of the target
        starts = [0, 0]
        for cell in cells:
            shape = len(cell.target), len(cell.source)
            groups[0].append(np.broadcast_to(starts[0] + np.arange(shape[1])[None], shape).ravel())
            groups[1].append(np.broadcast_to(starts[1] + np.arange(shape[0])[:, None], shape).ravel())
            starts = [starts[0] + shape[1], starts[1] + shape[0]]
        self._common = [np.bincount(side) / len(side) for side in words]
        given = divmod(self._keys, len(self._ids[1]))
        self._to_target, self._to_source = (
            self._fitted(places, np.concatenate(groups[side]), given[1 - side], prior, NOWHERE * self._common[side][words[side]])
            for side in (1, 0)
        )

    def links(self, source: Words, target: Words) -> list[tuple[int, int]]:
        """(source word, target word), counted from 0; a word of the target has none, one or several. A name is its own."""
        ids = [np.array([self._ids[side].get(word, -1) for word in words]) for side, words in enumerate((source, target))]
        keys = ids[0][None] * len(self._ids[1]) + ids[1][:, None]
        places = np.searchsorted(self._keys, keys).clip(max=len(self._keys) - 1)
        known = (self._keys[places] == keys) & (ids[0][None] >= 0) & (ids[1][:, None] >= 0)
        same = np.array([[a == b and (len(a) > 1 or a.isdigit()) for a in source] for b in target])
        forward, backward = (
            np.where(same, 1.0, np.where(known, table[places], RARE)) * diagonal(len(source), len(target))
            for table in (self._to_target, self._to_source)
        )
        forward /= forward.sum(1, keepdims=True) + NOWHERE * self._seen(1, ids[1])[:, None]
        both = forward * backward / (backward.sum(0, keepdims=True) + NOWHERE * self._seen(0, ids[0]))
        best = both.max(1, keepdims=True)
        own = (forward == forward.max(1, keepdims=True)) & (forward > CLOSE)
        chosen = np.where(best > AGREED, both >= CLOSE * best, own)
        return [(int(column), int(row)) for row, column in zip(*np.nonzero(chosen), strict=True)]

    def _seen(self, side: int, ids: Numbers) -> Floats:
        found: Floats = np.where(ids >= 0, self._common[side][ids], RARE)
        return found

    def _new(self, side: int, words: Words) -> Numbers:
        ids = self._ids[side]
        return np.array([ids.setdefault(word, len(ids)) for word in words], dtype=np.int64)

    def _key(self, cells: list["_Cells"]) -> Numbers:
        """Of every pair of words that stand beside each other: one number."""
        width = len(self._ids[1])
        return np.concatenate([(cell.source[None] * width + cell.target[:, None]).ravel() for cell in cells])

    @staticmethod
    def _fitted(places: Numbers, groups: Numbers, given: Numbers, prior: Floats, nowhere: Floats) -> Floats:
        """For each pair of words p(the word that comes | the word that it comes from, `given`).

        `groups`: to each cell the word that comes, which may also come from `nowhere`.
        """
        table: Floats = np.ones(len(given))
        for _ in range(ROUNDS):
            table /= np.bincount(given, table)[given]
            weights = table[places] * prior
            weights /= (np.bincount(groups, weights) + nowhere)[groups]
            table = np.asarray(np.bincount(places, weights, len(given)) + 1e-9, dtype=np.float64)
        found: Floats = table / np.bincount(given, table)[given]
        return found


class _Cells(NamedTuple):
    """The ids of a sentence's words and of its translation's."""

    source: Numbers
    target: Numbers

    @property
    def prior(self) -> Floats:
        return diagonal(len(self.source), len(self.target)).ravel()


def diagonal(source: int, target: int) -> Floats:
    """(target, source): how probable a link is by its distance from the diagonal; each row sums to what is not from nowhere."""
    places = (np.arange(source) + 0.5) / source, (np.arange(target) + 0.5) / target
    near = np.exp(-TENSION * np.abs(places[0][None] - places[1][:, None]))
    found: Floats = (1 - NOWHERE) * near / near.sum(1, keepdims=True)
    return found
