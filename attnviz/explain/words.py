"""From tokens to words: a word's weight is the sum over its tokens as keys and the mean over them as queries.

So each row still sums to 1, as each token's row did.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from attnviz.encode.text import Word
from attnviz.maps import AttentionMap
from attnviz.weights import Dense, Floats

MERGED = "Sub-words are merged into words: summed over keys, averaged over queries."


def by_word(m: AttentionMap, words: Sequence[Word], merge: bool = True, hide_special: bool = False) -> AttentionMap:
    """(query, key) over tokens -> (query, key) over words, or over tokens still where `merge` is False.

    With `hide_special` the special tokens lose their rows and columns: rows then sum to less than 1, and a note says by how much.
    """
    groups = shown_words(words, m.labels["query"], merge)
    shown = shown_words(words, m.labels["query"], merge, hide_special)
    positions = [word.positions for word in shown]
    weights = merged(m.dense(), positions, positions)
    labels = tuple(word.text for word in shown)
    notes = list(m.notes)
    if any(len(word.positions) > 1 for word in shown):
        notes.append(MERGED)
    if len(shown) < len(groups):
        kept = float(weights.sum(-1).mean())
        notes.append(
            f"Special tokens are hidden; they hold {1 - kept:.0%} of the attention on average, so rows sum to less than 1."
        )
    norm = m.norm if len(shown) == len(groups) else "partial"
    return replace(m, norm=norm, weights=Dense(weights), labels={"query": labels, "key": labels}, notes=tuple(notes))


def along_words(m: AttentionMap, words: Sequence[Word], merge: bool = True, hide_special: bool = False) -> AttentionMap:
    """A map with one axis over tokens -> over words: the sum over each word's tokens; the whole keeps its sum.

    With `hide_special` special tokens are left out, and a note says how much they hold.
    """
    axis = m.axes[0]
    groups = shown_words(words, m.labels[axis], merge)
    shown = shown_words(words, m.labels[axis], merge, hide_special)
    tokens = m.dense()
    weights = np.array([tokens[list(word.positions)].sum() for word in shown], dtype=np.float32)
    notes = list(m.notes)
    if any(len(word.positions) > 1 for word in shown):
        notes.append("Sub-words are merged into words: their weights are summed.")
    if hidden := len(groups) - len(shown):
        left = max(0.0, 1 - float(weights.sum()))
        notes.append(f"{hidden} special token{'s are' if hidden > 1 else ' is'} hidden, with {left:.0%} of the attention.")
    norm = m.norm if not hidden else "partial"
    return replace(m, norm=norm, weights=Dense(weights), labels={axis: tuple(word.text for word in shown)}, notes=tuple(notes))


def shown_words(words: Sequence[Word], tokens: Sequence[str], merge: bool = True, hide_special: bool = False) -> list[Word]:
    """The words of a map by word: tokens where `merge` is False; special ones are left out by choice, unless all are."""
    groups = list(words) if merge else [Word(tokens[i], (i,), word.special) for word in words for i in word.positions]
    return [word for word in groups if not (hide_special and word.special)] or groups


def find(words: Sequence[Word], query: str) -> list[int]:
    """Where the parts of a query stand in neighbouring words, be it within them; in any letter case, first to last."""
    parts, texts = query.casefold().split(), [word.text.casefold() for word in words]
    starts = range(len(texts) - len(parts) + 1) if parts else range(0)
    return [i for i in starts if all(part in texts[i + place] for place, part in enumerate(parts))]


def totals(weights: Floats, words: Sequence[Word]) -> Floats:
    """(token,) -> (word,): the sum over each word's tokens; `words` hold every token once, in order."""
    return np.add.reduceat(weights, [word.positions[0] for word in words])


def merged(weights: Floats, queries: Sequence[Sequence[int]], keys: Sequence[Sequence[int]]) -> Floats:
    """(query, key) -> (query group, key group): the mean over a group's rows, the sum over its columns; 0 for an empty group."""
    rows, columns = _members(queries, weights.shape[0]), _members(keys, weights.shape[1])
    return (rows / np.maximum(rows.sum(1, keepdims=True), 1)) @ weights @ columns.T


def _members(groups: Sequence[Sequence[int]], length: int) -> NDArray[np.float32]:
    """(group, position), 1 where a position is in a group."""
    found: NDArray[np.float32] = np.zeros((len(groups), length), dtype=np.float32)
    for row, positions in enumerate(groups):
        found[row, list(positions)] = 1
    return found
