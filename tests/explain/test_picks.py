"""Entropy, sampling error and what a pick does, worked out by hand."""

import itertools

import numpy as np
import pytest

from attnviz.encode.text import Word
from attnviz.explain import along_words, among, bits, entropy, picked_words, standard_error, with_and_without
from attnviz.maps import AttentionMap
from tests.tiny import attention

WORDS = (Word("[CLS]", (0,), special=True), Word("unkind", (1, 2)), Word("film", (3,)))


@pytest.fixture
def m() -> AttentionMap:
    return attention([0.1, 0.2, 0.3, 0.4], axes=("key",)).labelled(key=("[CLS]", "un", "##kind", "film"))


def test_an_even_word_is_open_by_one_bit_and_a_certain_one_by_none() -> None:
    # 1/4: 1/4 * 2 + 3/4 * log2(4/3) = 0.5 + 0.75 * 0.4150375 = 0.8112781
    found = entropy(np.array([0.5, 0.0, 1.0, 0.25, 0.75], np.float32))
    np.testing.assert_allclose(found, [1, 0, 0, 0.8112781, 0.8112781], atol=1e-7)


def test_the_bits_of_words_add_up_to_those_of_all_sets_of_picks() -> None:
    odds = np.array([0.5, 0.125, 0.75], np.float32)
    sets = [np.prod([p if bit else 1 - p for p, bit in zip(odds, bits, strict=True)]) for bits in np.ndindex(2, 2, 2)]
    assert entropy(odds).sum() == pytest.approx(-sum(p * np.log2(p) for p in sets))


def test_the_standard_error_is_the_spread_of_shares_over_all_outcomes() -> None:
    # at 1/2, 100 draws: sqrt(0.25 / 100) = 0.05; at 1/5, 100 draws: sqrt(0.16 / 100) = 0.04
    np.testing.assert_allclose(standard_error(np.array([0.5, 0.2, 0.0, 1.0]), 100), [0.05, 0.04, 0, 0], atol=1e-9)
    # two draws at 1/4: shares 0, 1/2, 1 with odds 9/16, 6/16, 1/16, so the mean square from 1/4 is 3/32
    enumerated = 9 / 16 * (1 / 4) ** 2 + 6 / 16 * (1 / 4) ** 2 + 1 / 16 * (3 / 4) ** 2
    assert standard_error(np.array([0.25], np.float32), 2)[0] == pytest.approx(np.sqrt(enumerated))


def test_what_a_pick_does_is_the_mean_with_it_and_without() -> None:
    values = np.array([0.9, 0.7, 0.2, 0.3])
    assert with_and_without(np.array([True, True, False, False]), values) == pytest.approx((0.8, 0.25))
    assert with_and_without(np.array([True] * 4), values) == (pytest.approx(0.525), None)
    assert with_and_without(np.array([False] * 4), values) == (None, pytest.approx(0.525))


def test_picked_words_have_their_tokens_numbered_anew_behind_the_start() -> None:
    words = (Word("a", (0,)), Word("unkind", (1, 2)), Word("film", (3,)), Word("great", (4, 5, 6)))
    found = picked_words(words, [False, True, False, True], "[start]")
    assert found == [Word("[start]", (0,), special=True), Word("unkind", (1, 2)), Word("great", (3, 4, 5))]
    assert picked_words(words, [False] * 4, "[start]") == found[:1]


def test_a_words_weight_is_the_sum_over_its_tokens(m: AttentionMap) -> None:
    words = along_words(m, WORDS)
    np.testing.assert_allclose(words.dense(), [0.1, 0.5, 0.4], atol=1e-7)
    assert words.labels == {"key": ("[CLS]", "unkind", "film")}
    assert words.notes == ("Sub-words are merged into words: their weights are summed.",)
    assert words.norm == "softmax"


def test_hidden_special_tokens_leave_a_part_and_a_note_says_how_much_they_hold(m: AttentionMap) -> None:
    words = along_words(m, WORDS, hide_special=True)
    np.testing.assert_allclose(words.dense(), [0.5, 0.4], atol=1e-7)
    assert words.notes[-1] == "1 special token is hidden, with 10% of the attention."
    assert words.norm == "partial"


def test_without_merging_tokens_keep_their_weights(m: AttentionMap) -> None:
    words = along_words(m, WORDS, merge=False)
    np.testing.assert_allclose(words.dense(), m.dense())
    assert words.labels == m.labels
    assert words.notes == ()


def test_the_bits_of_a_choice_are_0_where_it_is_certain_and_log_2_of_as_many_as_are_alike() -> None:
    assert bits(np.array([[0, 1], [0, 0]], dtype=np.float32)) == 0
    assert bits(np.full((8, 8), 1 / 64, dtype=np.float32)) == pytest.approx(6)
    assert bits(np.array([0.5, 0.25, 0.25], dtype=np.float32)) == pytest.approx(1.5)


@pytest.mark.parametrize("odds", [[0.2] * 5, [0.5, 0.3, 0.1, 0.07, 0.03], [0.97, 0.01, 0.01, 0.005, 0.005]])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_the_chance_to_be_among_the_drawn_is_that_of_all_ordered_draws(odds: list[float], count: int) -> None:
    expected = np.zeros(5)
    for order in itertools.permutations(range(5), count):
        chance, left = 1.0, 1.0
        for place in order:
            chance, left = chance * odds[place] / left, left - odds[place]
        expected[list(order)] += chance
    np.testing.assert_allclose(among(np.array(odds, dtype=np.float32), count), expected, atol=1e-6)


def test_sixteen_of_sixty_four_alike_have_a_chance_of_a_quarter_and_the_chances_sum_to_sixteen() -> None:
    np.testing.assert_allclose(among(np.full((8, 8), 1 / 64, dtype=np.float32), 16), 0.25, atol=1e-6)
    steep = np.random.default_rng(0).normal(size=(8, 8)) * 3
    odds = np.exp(steep) / np.exp(steep).sum()
    assert among(odds.astype(np.float32), 16).sum() == pytest.approx(16, abs=1e-4)
