"""From tokens to words where queries and keys are words of different sentences."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from attnviz.encode.text import Word
from attnviz.explain.words import MERGED, merged
from attnviz.maps import AttentionMap
from attnviz.weights import Dense, Floats


class Window(NamedTuple):
    """Where local attention may look, and the centre that it predicted, in positions along the keys."""

    left: float
    centre: float
    right: float


def by_side(m: AttentionMap, queries: Sequence[Word], keys: Sequence[Word]) -> AttentionMap:
    """(query, key) over tokens -> over words; rows sum to what they did."""
    weights = merged(m.dense(), [word.positions for word in queries], [word.positions for word in keys])
    labels = {"query": tuple(word.text for word in queries), "key": tuple(word.text for word in keys)}
    note = (MERGED,) if any(len(word.positions) > 1 for word in (*queries, *keys)) else ()
    return replace(m, weights=Dense(weights), labels=labels, notes=(*m.notes, *note))


def windows(shares: Floats, reach: float, queries: Sequence[Word], keys: Sequence[Word]) -> list[Window]:
    """The window of each query word, along key words; `shares`: (query,) centres as shares of the way over the key tokens.

    A word's centre is the mean of those of its tokens, its window holds all of theirs. Places between tokens go between words.
    """
    tokens = [position for word in keys for position in word.positions]
    places = [
        index + (part + 0.5) / len(word.positions) - 0.5 for index, word in enumerate(keys) for part in range(len(word.positions))
    ]
    found = []
    for word in queries:
        centres = shares[list(word.positions)] * (len(tokens) - 1)
        ends = np.interp([centres.min() - reach, centres.mean(), centres.max() + reach], tokens, places)
        found.append(Window(*map(float, ends)))
    return found
