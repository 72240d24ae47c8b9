"""by_word, worked out by hand."""

import numpy as np
import pytest

from attnviz.encode.text import Word
from attnviz.explain import by_word
from attnviz.maps import AttentionMap
from tests.tiny import attention, rows

TOKENS = ("[CLS]", "un", "##kind", "[SEP]")
WORDS = (Word("[CLS]", (0,), special=True), Word("unkind", (1, 2)), Word("[SEP]", (3,), special=True))
MERGED = "Sub-words are merged into words: summed over keys, averaged over queries."


@pytest.fixture
def m() -> AttentionMap:
    return attention([[0.1, 0.2, 0.3, 0.4], [0.4, 0.1, 0.1, 0.4], [0.0, 0.5, 0.1, 0.4], [0.7, 0.0, 0.2, 0.1]], TOKENS)


def test_a_word_is_the_sum_over_its_keys_and_the_mean_over_its_queries(m: AttentionMap) -> None:
    words = by_word(m, WORDS)
    # row "unkind": means of rows 1 and 2 are 0.2, 0.3, 0.1, 0.4, and its own column is 0.3 + 0.1
    np.testing.assert_allclose(words.dense(), [[0.1, 0.5, 0.4], [0.2, 0.4, 0.4], [0.7, 0.2, 0.1]], atol=1e-6)
    assert words.labels == {"query": ("[CLS]", "unkind", "[SEP]"), "key": ("[CLS]", "unkind", "[SEP]")}
    assert words.notes == (MERGED,)
    assert words.norm == "softmax"


def test_hidden_special_tokens_take_their_rows_and_columns_along_and_a_note_says_how_much(m: AttentionMap) -> None:
    words = by_word(m, WORDS, hide_special=True)
    np.testing.assert_allclose(words.dense(), [[0.4]], atol=1e-6)
    assert words.notes[0] == MERGED
    assert words.notes[1] == ("Special tokens are hidden; they hold 60% of the attention on average, so rows sum to less than 1.")
    assert words.norm == "partial"


def test_without_merging_the_numbers_of_the_tokens_stay(m: AttentionMap) -> None:
    tokens = by_word(m, WORDS, merge=False)
    np.testing.assert_allclose(tokens.dense(), m.dense(), atol=1e-7)
    assert tokens.labels["query"] == TOKENS
    assert tokens.notes == ()


def test_without_merging_special_tokens_can_still_be_hidden(m: AttentionMap) -> None:
    tokens = by_word(m, WORDS, merge=False, hide_special=True)
    np.testing.assert_allclose(tokens.dense(), [[0.1, 0.1], [0.5, 0.1]], atol=1e-7)
    assert tokens.labels["key"] == ("un", "##kind")
    assert "they hold 60% of the attention" in tokens.notes[0]  # 1 - (0.2 + 0.6) / 2


def test_a_text_of_special_tokens_only_keeps_them() -> None:
    m = attention([[0.5, 0.5], [0.2, 0.8]], ("[CLS]", "[SEP]"))
    kept = by_word(m, [Word("[CLS]", (0,), special=True), Word("[SEP]", (1,), special=True)], hide_special=True)
    np.testing.assert_allclose(kept.dense(), m.dense(), atol=1e-7)
    assert (kept.norm, kept.notes) == ("softmax", ())


def test_earlier_notes_layer_and_receipt_stay(m: AttentionMap) -> None:
    noted = AttentionMap(**{**vars(m), "notes": ("An earlier note.",)})
    assert by_word(noted, WORDS).notes == ("An earlier note.", MERGED)
    assert by_word(noted, WORDS).layer == m.layer


def test_rows_of_words_sum_to_1_as_rows_of_tokens_did() -> None:
    m = attention(rows(9, 9), tuple("abcdefghi"))
    words = [Word("ab", (0, 1)), Word("c", (2,)), Word("defg", (3, 4, 5, 6)), Word("hi", (7, 8))]
    np.testing.assert_allclose(by_word(m, words).dense().sum(-1), 1, atol=1e-6)
