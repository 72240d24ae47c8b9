"""Counting words, against the sums of the paper written down one by one."""

from collections import Counter

import numpy as np
import pytest

from attnviz.ngrams import Trigrams

SIZE = 7
TEXTS = [[1, 2, 3, 4], [1, 2, 3, 5], [1, 2, 3, 4, 6], [1, 3, 4], [1, 2, 2, 3, 4, 4, 5]]


def by_hand(first: int, second: int, word: int) -> float:
    """Interpolated Kneser-Ney from dictionaries, as Chen and Goodman, 1999, write it; unigrams smoothed by one."""
    padded = [[text[0], *text] for text in TEXTS]
    triples = Counter(t for text in padded for t in zip(text, text[1:], text[2:], strict=False))
    pairs = Counter(t[1:] for t in triples)  # in how many contexts, not how often
    kinds = Counter(pair[1] for pair in pairs)
    odds = (kinds[word] + 1) / (len(pairs) + SIZE)
    for counts, context in ((pairs, (second,)), (triples, (first, second))):
        often = Counter(counts.values())
        discount = often[1] / (often[1] + 2 * often[2]) if often[2] else 0.5
        total = sum(n for seen, n in counts.items() if seen[:-1] == context)
        if total:
            left = discount * sum(1 for seen in counts if seen[:-1] == context) / total
            odds = max(counts[(*context, word)] - discount, 0) / total + left * odds
    return odds


@pytest.fixture(scope="module")
def model() -> Trigrams:
    return Trigrams(TEXTS, SIZE)


def test_the_odds_are_those_of_the_paper(model: Trigrams) -> None:
    every = np.stack(np.meshgrid(*[np.arange(SIZE)] * 3, indexing="ij"), -1)
    expected = [[[by_hand(a, b, c) for c in range(SIZE)] for b in range(SIZE)] for a in range(SIZE)]
    np.testing.assert_allclose(model.odds(every), expected, rtol=1e-12)


@pytest.mark.parametrize("before", [[1], [1, 2], [1, 2, 3], [5, 5], [0, 3]])
def test_what_comes_next_sums_to_one_and_is_every_word_after_the_last_two(model: Trigrams, before: list[int]) -> None:
    first, second = [before[0], *before][-2:]
    np.testing.assert_allclose(model.next(before), [by_hand(first, second, word) for word in range(SIZE)], rtol=1e-12)
    assert model.next(before).sum() == pytest.approx(1)


@pytest.mark.parametrize("place", [1, 2, 3])
def test_a_gap_is_filled_by_all_trigrams_around_it(model: Trigrams, place: int) -> None:
    text = [1, 2, 3, 4]
    products = []
    for word in range(SIZE):
        filled = [text[0], *text[:place], word, *text[place + 1 :]]
        products.append(np.prod([by_hand(*three) for three in zip(filled, filled[1:], filled[2:], strict=False)]))
    np.testing.assert_allclose(model.between(text, place, np.arange(SIZE)), np.array(products) / sum(products), rtol=1e-9)
    some = np.array([2, 5])
    np.testing.assert_allclose(model.between(text, place, some), np.array(products)[some] / sum(np.array(products)[some]))


def test_unigrams_count_how_often(model: Trigrams) -> None:
    tokens = Counter(word for text in TEXTS for word in text[1:])
    total = sum(tokens.values())
    assert model.unigram.tolist() == pytest.approx([(tokens[word] + 1) / (total + SIZE) for word in range(SIZE)])
