"""Sentences that nobody wrote, for a teacher to judge and a smaller net to learn from (Tang et al., 2019, arXiv:1903.12136)."""

import random
from collections.abc import Sequence

REPLACED, DROPPED = 0.15, 0.1
WHOLE = 0.5
FEWEST = 4


def variants(sentences: Sequence[str], copies: int, seed: int) -> list[str]:
    """`copies` of each sentence: half of them a part of it, with some words dropped and some replaced by other sentences' words.

    Replacements come as often as they are used in the sentences. The same seed gives the same variants.
    """
    shuffler = random.Random(seed)
    words = [word for sentence in sentences for word in sentence.split()]
    return [variant(sentence.split(), words, shuffler) for sentence in sentences for _ in range(copies)]


def variant(sentence: list[str], words: Sequence[str], shuffler: random.Random) -> str:
    """One of them; never empty."""
    start, end = 0, len(sentence)
    if end > FEWEST and shuffler.random() > WHOLE:
        length = shuffler.randint(FEWEST, end)
        start = shuffler.randint(0, end - length)
        end = start + length
    changed = [shuffler.choice(words) if shuffler.random() < REPLACED else word for word in sentence[start:end]]
    kept = [word for word in changed if shuffler.random() >= DROPPED]
    return " ".join(kept or changed)
