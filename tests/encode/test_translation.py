"""Tokens and words of what a translator reads and writes."""

import pytest

from attnviz.encode.translation import calm, encode_prefix, encode_source, written
from attnviz.errors import InputError
from attnviz.nets.translator import END, SPECIAL
from attnviz.train.byte_pairs import byte_pairs
from tests.translators import FRENCH, with_words

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


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("OÙ EST LA GARE ?", "Où est la gare ?"),
        ("JE SAIS. ÇA VA !", "Je sais. Ça va !"),
        ("TU PARLES À TOM ?", "Tu parles à Tom ?"),  # the vocabulary has Tom, and no tom
        ("Où est la GARE ?", "Où est la GARE ?"),
        ("SNCF", "SNCF"),
        ("3 + 4 = 7", "3 + 4 = 7"),
        ("İSTANBUL EST LOIN", "İstanbul est loin"),
    ],
)
def test_a_sentence_that_is_all_capitals_is_read_as_if_it_were_not(typed: str, read: str) -> None:
    tokenizer = byte_pairs(["Tom parle à Tom.", *FRENCH] * 3, 400, SPECIAL, "$A [END]")
    assert calm(typed, tokenizer=tokenizer) == read
    assert encode_source(typed, tokenizer=tokenizer).tensors["input_ids"].tolist() == [tokenizer.encode(read).ids]


def test_capitals_are_shown_as_they_were_typed() -> None:
    assert words("OÙ EST L’ARGENT ?") == ["OÙ", "EST", "L’", "ARGENT", "?", "[END]"]


@pytest.mark.parametrize("mark", "'’‘ʼ´`")
def test_every_form_of_an_apostrophe_is_the_same(mark: str) -> None:
    assert NET.source.encode(f"Je n{mark}ai pas").ids == NET.source.encode("Je n'ai pas").ids
