"""A trigram model with back-off, as a bar that a language model must clear: interpolated Kneser-Ney (Kneser and Ney, 1995).

As Chen and Goodman, 1999, section 2.7, write it: one discount for each order, and the lower orders count in how many different
contexts a word was seen.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Words = NDArray[np.int64]


class Counts:
    """How often sequences of one length were seen, with what a discount takes from each, for whole arrays at once."""

    def __init__(self, sequences: Words, often: Words, size: int) -> None:
        """`sequences`: (seen, order), each once; `often`: (seen,). The discount is 0.5 where nothing was seen twice."""
        self.size = size
        order = np.argsort(self._key(sequences))
        self.keys, self.often = self._key(sequences)[order], often[order].astype(np.float64)
        context = self.keys // size
        self.contexts, first = np.unique(context, return_index=True)
        self.ends = np.append(first, len(context))
        self.sums = np.add.reduceat(self.often, first)
        self.kinds = np.diff(self.ends).astype(np.float64)
        once, twice = (float((often == times).sum()) for times in (1, 2))
        self.discount = once / (once + 2 * twice) if twice else 0.5

    def share(self, sequences: Words) -> tuple[Numbers, Numbers]:
        """(..., order) -> the discounted share of the last word after those before it, and what is left to lower orders."""
        keys = self._key(sequences)
        often = _found(self.keys, self.often, keys)
        place = np.minimum(np.searchsorted(self.contexts, keys // self.size), len(self.contexts) - 1)
        known = self.contexts[place] == keys // self.size
        total = np.where(known, self.sums[place], 1.0)
        return np.maximum(often - self.discount, 0) / total, np.where(known, self.discount * self.kinds[place] / total, 1.0)

    def after(self, context: Sequence[int], below: Numbers) -> Numbers:
        """(size,): the share of every word after one context, where `below` is theirs after a shorter one."""
        key = int(self._key(np.array(context, dtype=np.int64)))
        place = int(np.searchsorted(self.contexts, key))
        if place == len(self.contexts) or self.contexts[place] != key:
            return below
        seen, total = slice(self.ends[place], self.ends[place + 1]), self.sums[place]
        odds = self.discount * self.kinds[place] / total * below
        odds[self.keys[seen] % self.size] += np.maximum(self.often[seen] - self.discount, 0) / total
        return np.asarray(odds)

    def _key(self, sequences: Words) -> Words:
        """(..., order) -> (...): one number for a sequence."""
        return np.asarray(sequences @ self.size ** np.arange(sequences.shape[-1] - 1, -1, -1, dtype=np.int64))


class Trigrams:
    """Learns from texts of token numbers below `size`, each of which begins with its own token of a beginning."""

    def __init__(self, texts: Sequence[Sequence[int]], size: int) -> None:
        self.size = size
        triples = np.concatenate([_triples(text) for text in texts if len(text) > 1])
        seen, often = np.unique(triples, axis=0, return_counts=True)
        self.three = Counts(seen, often, size)
        self.two = Counts(*np.unique(seen[:, 1:], axis=0, return_counts=True), size)
        pairs = np.unique(seen[:, 1:], axis=0)
        kinds = np.bincount(pairs[:, 1], minlength=size) + 1.0
        self.one: Numbers = kinds / kinds.sum()
        words = np.bincount(triples[:, 2], minlength=size) + 1.0
        self.unigram: Numbers = words / words.sum()

    def odds(self, sequences: Words) -> Numbers:
        """(..., 3) -> (...): the probability of the last word after the two before it."""
        share, left = self.three.share(sequences)
        below, rest = self.two.share(sequences[..., 1:])
        return share + left * (below + rest * self.one[sequences[..., 2]])

    def next(self, before: Sequence[int]) -> Numbers:
        """(size,): what comes after a text; a text of one token is its beginning."""
        context = [before[0], *before][-2:]
        return self.three.after(context, self.two.after(context[1:], self.one))

    def between(self, text: Sequence[int], place: int, among: Words) -> Numbers:
        """(word,): which of some words stands at a place of a text, by all trigrams that it would be part of."""
        every, padded, scores = among, [text[0], *text], np.zeros(len(among))
        for last in range(place + 1, min(place + 4, len(padded))):
            columns = [every if i == place + 1 else np.full_like(every, padded[i]) for i in range(last - 2, last + 1)]
            scores += np.log(self.odds(np.stack(columns, -1)))
        odds = np.exp(scores - scores.max())
        return np.asarray(odds / odds.sum())


def _triples(text: Sequence[int]) -> Words:
    """(triple, 3): every token but the first with the two before it, the first of all repeated where there are fewer."""
    padded = np.array([text[0], *text], dtype=np.int64)
    return np.stack([padded[:-2], padded[1:-1], padded[2:]], 1)


def _found(keys: Words, values: Numbers, wanted: Words) -> Numbers:
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0.0)
