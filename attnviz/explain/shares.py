"""How much attention each word of a sentence gets, in one measure for every mechanism, so that two can be compared."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from attnviz.encode.text import Word
from attnviz.explain.words import totals
from attnviz.maps import AttentionMap
from attnviz.weights import Floats


class Shares(NamedTuple):
    """`of_words`: (word,), summing to 1 over the words that are not special. `meaning`: a clause on what it is a share of."""

    of_words: Floats
    meaning: str


class Piece(NamedTuple):
    """A part of a text, and which words of two ways of cutting it lie in it."""

    text: str
    words: tuple[list[int], list[int]]


MEANINGS = {
    "heads": "attention received from all words, averaged over all layers and heads",
    "key": "attention weights",
    "word": "odds of being picked",
}


def shares(maps: Iterable[AttentionMap], words: Sequence[Word]) -> Shares:
    """The share of each word by what the maps are: heads of self-attention, one weight a token, or odds of words."""
    found = list(maps)
    kind, raw = _by_word(found, words)
    raw = np.where([word.special for word in words], 0, raw)
    total = float(raw.sum())
    return Shares((raw / total if total > 0 else raw).astype(np.float32), MEANINGS[kind])


def _by_word(maps: list[AttentionMap], words: Sequence[Word]) -> tuple[str, Floats]:
    for m in maps:
        if m.axes == ("word",) and m.norm == "sigmoid":
            return "word", m.dense()
        if m.axes == ("key",):
            return "key", totals(m.dense(), words)
    received = [m.head(head).mean(0) for m in maps if m.axes == ("head", "query", "key") for head in range(m.size("head"))]
    return "heads", totals(np.mean(received, axis=0, dtype=np.float32), words)


def together(text: str, first: Sequence[Word], second: Sequence[Word]) -> list[Piece]:
    """The smallest pieces of a text that both ways of cutting it into words agree on; special words are in none."""
    spans = [_spans(text, words) for words in (first, second)]
    ends = sorted({end for _, end, _ in spans[0]} & {end for _, end, _ in spans[1]})
    pieces: list[Piece] = []
    start = 0
    for end in ends:
        inside = [[i for left, right, i in side if start <= left and right <= end] for side in spans]
        if any(inside):
            pieces.append(Piece(text[start:end].strip(), (inside[0], inside[1])))
        start = end
    return pieces


def _spans(text: str, words: Sequence[Word]) -> list[tuple[int, int, int]]:
    """(start, end, index) of each word that is not special, found one after the other."""
    found, at = [], 0
    for index, word in enumerate(words):
        if not word.special:
            start = text.index(word.text, at)
            at = start + len(word.text)
            found.append((start, at, index))
    return found
