"""Words hidden in a text."""

import pytest

from attnviz.encode.gaps import cut, first_hidden, masked, pieces

TEXT = "Don't go, my well-read friend!"


def test_words_and_marks_are_pieces_in_their_order() -> None:
    assert [piece.text for piece in pieces(TEXT)] == ["Don't", "go", ",", "my", "well-read", "friend", "!"]
    assert all(TEXT[piece.start : piece.end] == piece.text for piece in pieces(TEXT))


def test_a_hidden_word_is_a_mask_and_nothing_else_is_changed() -> None:
    assert masked(TEXT, 4, "[MASK]") == "Don't go, my [MASK] friend!"
    assert masked(TEXT, 2, "<mask>") == "Don't go<mask> my well-read friend!"


def test_a_text_is_cut_before_a_word() -> None:
    assert cut(TEXT, 3) == "Don't go,"
    assert cut(TEXT, 0) == ""


@pytest.mark.parametrize(("text", "hidden"), [
    (TEXT, 5), ("Go home.", 1), ("Go!", None), ("", None), ("?!", None), ("A [MASK] film.", None), ("a <mask> day", None),
])  # fmt: skip
def test_the_last_word_is_hidden_first_where_there_is_no_gap_yet(text: str, hidden: int | None) -> None:
    assert first_hidden(text) == hidden
