"""Words that are picked by chance, each on its own: how much is open, how far samples stray, what a pick does."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from attnviz.encode.text import Word
from attnviz.weights import Floats

Reals = NDArray[np.float64]
SLOWEST = 1e-9


def entropy(odds: Floats) -> Reals:
    """(word,) odds -> (word,) bits of what is open, -p log p - (1 - p) log(1 - p): 1 at even odds, 0 where it is certain.

    Picks are independent, so the sum is the entropy of all picks together (Shannon, 1948).
    """
    both = np.stack([odds, 1.0 - odds.astype(np.float64)])
    return -np.where(both > 0, both * np.log2(np.where(both > 0, both, 1)), 0.0).sum(0) + 0.0


def bits(odds: Floats) -> float:
    """Bits of what one choice by these odds, which sum to 1, leaves open: the sum of -p log p (Shannon, 1948)."""
    exact = odds.astype(np.float64)
    return float(-(exact * np.log2(np.where(exact > 0, exact, 1))).sum())


def among(odds: Floats, count: int) -> Reals:
    """Odds that sum to 1, of any shape -> the chance of each to be among `count` that are drawn without replacement.

    Drawn so are those whose exponential clocks, with the odds as rates, ring first (Yellott, 1977): the chance that one rings while
    fewer than `count` others have, integrated over the logarithm of time.
    """
    rates = np.clip(odds.astype(np.float64).ravel(), SLOWEST, None)
    moments = np.exp(np.arange(-14.0, np.log(40 / rates.min()), 0.05))
    rung = -np.expm1(-np.outer(rates, moments))
    chances = np.empty(len(rates))
    for i, rate in enumerate(rates):
        others = np.zeros((count, len(moments)))  # (how many others have rung, moment) -> chance
        others[0] = 1
        for j in (j for j in range(len(rates)) if j != i):
            others[1:] = others[1:] * (1 - rung[j]) + others[:-1] * rung[j]
            others[0] *= 1 - rung[j]
        chances[i] = np.trapezoid(others.sum(0) * rate * np.exp(-rate * moments) * moments, dx=0.05)
    return chances.reshape(odds.shape)


def standard_error(odds: Floats, count: int) -> Reals:
    """(word,) odds -> (word,): how far the share of `count` draws is from the odds, as a root mean square."""
    exact = odds.astype(np.float64)
    return np.asarray(np.sqrt(exact * (1 - exact) / count))


def with_and_without(picks: NDArray[np.bool_], values: Reals) -> tuple[float | None, float | None]:
    """(sample,) whether a word was picked, (sample,) values -> their mean with the word and without; None where no sample is."""
    with_it, without = values[picks], values[~picks]
    return (float(with_it.mean()) if with_it.size else None), (float(without.mean()) if without.size else None)


def picked_words(words: Sequence[Word], picked: Sequence[bool], start: str) -> list[Word]:
    """The words as they reach who reads picked ones: `start`, then the picked words with their tokens numbered anew."""
    found, place = [Word(start, (0,), special=True)], 1
    for word, taken in zip(words, picked, strict=True):
        if taken:
            found.append(Word(word.text, tuple(range(place, place + len(word.positions))), word.special))
            place += len(word.positions)
    return found
