"""Tokens and words of what a translator reads and writes."""

import pytest

from attnviz.encode.translation import encode_prefix, encode_source, written
from attnviz.errors import InputError
from attnviz.nets.translator import END
from tests.translators import with_words

NET = with_words("luong")


def words(text: str) -> list[str]:
    return [word.text for word in encode_source(text, tokenizer=NET.source).words]


def test_french_words_end_at_an_apostrophe() -> None:
    assert words("Où est l'argent, aujourd'hui ?") == ["Où", "est", "l'", "argent", ",", "aujourd'", "hui", "?", "[END]"]


def test_typography_makes_no_difference_to_the_tokens() -> None:
    plain, curled = (NET.source.encode(text).ids for text in ("Je n'ai pas!", "Je n’ai  pas\u202f!"))
    assert plain == curled


def test_every_token_belongs_to_one_word() -> None:
    encoded = encode_source("Il fait 漢字 🙂 <b>", tokenizer=NET.source)
    assert sorted(i for word in encoded.words for i in word.positions) == list(range(len(encoded.tokens)))


def test_nothing_to_read_is_refused() -> None:
    with pytest.raises(InputError):
        encode_source("   ", tokenizer=NET.source)


@pytest.mark.parametrize("text", ["I don't have any money.", "漢字 today", "It's 5 o'clock!"])
def test_written_ids_spell_the_text_and_its_words(text: str) -> None:
    ids = [*NET.target.encode(text, add_special_tokens=False).ids, END]
    found, labels, parts = written(ids, tokenizer=NET.target, end=END)
    assert found == text
    assert len(labels) == len(ids)
    assert "".join(word.text for word in parts[:-1]) == text.replace(" ", "")
    assert parts[-1].special
    assert sorted(i for word in parts for i in word.positions) == list(range(len(ids)))


def test_dont_is_one_word() -> None:
    ids = NET.target.encode("I don't have", add_special_tokens=False).ids
    assert [word.text for word in written(ids, tokenizer=NET.target, end=END)[2]] == ["I", "don't", "have"]


def test_an_empty_beginning_is_none() -> None:
    assert encode_prefix("  ", tokenizer=NET.target) == ()
