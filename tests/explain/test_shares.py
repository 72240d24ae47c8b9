"""Shares of attention by word, worked out by hand, and words that two models cut differently."""

import numpy as np
import pytest

from attnviz.encode import Word
from attnviz.explain.shares import shares, together
from attnviz.maps import AttentionMap
from attnviz.weights import Dense

WORDS = (Word("[CLS]", (0,), True), Word("un", (1,)), Word("believable", (2, 3)))


def a_map(values: object, *axes: str, norm: str = "softmax") -> AttentionMap:
    return AttentionMap("a", "soft", "m", norm, axes, Dense(np.array(values, dtype=np.float32)))  # type: ignore[arg-type]


def test_weights_of_tokens_are_summed_and_special_ones_left_out() -> None:
    found = shares([a_map([0.5, 0.2, 0.2, 0.1], "key")], WORDS)
    assert found.of_words == pytest.approx([0, 0.4, 0.6])


def test_odds_are_scaled_to_a_sum_of_1() -> None:
    words = (Word("a", (0,)), Word("b", (1,)))
    found = shares([a_map([0.9, 0.3], "word", norm="sigmoid"), a_map([1, 0], "word", norm="binary")], words)
    assert found.of_words == pytest.approx([0.75, 0.25])
    assert "odds" in found.meaning


def test_heads_are_averaged_over_layers_heads_and_queries() -> None:
    one = [[[0.5, 0.5, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]]
    other = [[[1, 0, 0, 0]] * 4]
    found = shares([a_map(one, "head", "query", "key"), a_map(other, "head", "query", "key")], WORDS)
    # received, mean over queries: (0.125, 0.375, 0.25, 0.25) and (1, 0, 0, 0); the special first token goes
    assert found.of_words == pytest.approx([0, 0.375 / 0.875, 0.5 / 0.875])


def test_pieces_are_what_both_ways_of_cutting_agree_on() -> None:
    bert = (Word("[CLS]", (0,), True), Word("It", (1,)), Word("'", (2,)), Word("s", (3,)), Word("good", (4,)), Word(".", (5,)))
    ours = (Word("It's", (0,)), Word("good", (1, 2)), Word(".", (3,)))
    assert together("It's good.", bert, ours) == [("It's", ([1, 2, 3], [0])), ("good", ([4], [1])), (".", ([5], [2]))]


def test_the_same_word_twice_is_two_pieces() -> None:
    words = (Word("so", (0,)), Word("so", (1,)))
    assert together("so so", words, words) == [("so", ([0], [0])), ("so", ([1], [1]))]
