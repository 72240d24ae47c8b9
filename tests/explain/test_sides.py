"""From tokens to words on two sides, worked out by hand."""

import numpy as np
import pytest

from attnviz.encode import Word
from attnviz.explain.sides import by_side, windows
from attnviz.explain.words import merged
from attnviz.maps import AttentionMap
from attnviz.weights import Dense

WEIGHTS = np.array([[0.1, 0.2, 0.7], [0.3, 0.3, 0.4]], dtype=np.float32)
READ = (Word("l'eau", (0, 1)), Word("[END]", (2,), True))


def attention() -> AttentionMap:
    labels = {"query": ("wat", "er"), "key": ("l'", "eau", "[END]")}
    return AttentionMap("attention", "soft", "bahdanau", "softmax", ("query", "key"), Dense(WEIGHTS), labels)


def test_rows_are_averaged_and_columns_summed() -> None:
    np.testing.assert_allclose(merged(WEIGHTS, [[0, 1], []], [[0, 1], [2]]), [[0.45, 0.55], [0, 0]], atol=1e-6)


def test_a_map_by_word_is_named_by_words_and_says_so() -> None:
    m = by_side(attention(), (Word("water", (0, 1)),), READ)
    np.testing.assert_allclose(m.dense(), [[0.45, 0.55]], atol=1e-6)
    assert m.labels == {"query": ("water",), "key": ("l'eau", "[END]")}
    assert "merged" in m.notes[-1]


def test_single_tokens_change_nothing_and_say_nothing() -> None:
    tokens = (Word("l'", (0,)), Word("eau", (1,)), Word("[END]", (2,), True))
    m = by_side(attention(), (Word("wat", (0,)), Word("er", (1,))), tokens)
    np.testing.assert_array_equal(m.dense(), WEIGHTS)
    assert m.notes == ()


def test_a_window_lies_round_its_centre() -> None:
    tokens = tuple(Word(str(i), (i,)) for i in range(5))
    (window,) = windows(np.array([0.5], dtype=np.float32), 1.0, (Word("w", (0,)),), tokens)
    assert window == pytest.approx((1, 2, 3))


def test_a_centre_between_tokens_goes_between_their_words() -> None:
    # Four tokens: the first two are one word, so their middle is the word's place, 0; token 2 is word 1, token 3 word 2.
    words = (Word("ab", (0, 1)), Word("c", (2,)), Word("d", (3,)))
    at = [windows(np.array([share], dtype=np.float32), 0.0, (Word("w", (0,)),), words)[0].centre for share in (0.5 / 3, 2 / 3, 1)]
    assert at == pytest.approx([0, 1, 2], abs=1e-6)


def test_a_words_centre_is_the_mean_of_its_tokens_and_its_window_holds_theirs() -> None:
    tokens = tuple(Word(str(i), (i,)) for i in range(5))
    (window,) = windows(np.array([0.25, 0.75], dtype=np.float32), 0.5, (Word("w", (0, 1)),), tokens)
    assert window == pytest.approx((0.5, 2, 3.5))
