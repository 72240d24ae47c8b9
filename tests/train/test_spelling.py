"""Vocabularies that spell names and numbers."""

import re

import pytest
from tokenizers import Tokenizer

from attnviz.nets.translator import SPECIAL
from attnviz.train.byte_pairs import byte_pairs
from attnviz.train.spelling import any_of, no_names, spelled

PAIRS = [
    ("Tom parle de Londres.", "Tom talks about London."), ("Londres est loin.", "London is far."),
    ("Parlez à Tom.", "Talk to Tom."), ("Claire est là.", "Claire is here."), ("Je vois ma sœur.", "I see my sister."),
]  # fmt: skip


def plain() -> Tokenizer:
    return byte_pairs([french for french, _ in PAIRS] * 3, 400, SPECIAL, "$A [END]")


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    made = byte_pairs([french.replace("Claire", "Tom") for french, _ in PAIRS] * 3, 400, SPECIAL, "$A [END]")
    return spelled(made, PAIRS, ligatures=True)


def pieces(tokenizer: Tokenizer, text: str) -> list[str]:
    encoding = tokenizer.encode(text, add_special_tokens=False)
    spans = dict.fromkeys(encoding.offsets)  # a letter may have a token for each of its bytes, and a space one of its own
    return [text[start:end] for start, end in spans if end > start]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Je vois Claire.", "Je vois C l a i r e ."),
        ("Claire parle de Tom.", "C l a i r e parle de Tom ."),
        ("Je vois l'Élan.", "Je vois l ' É l a n ."),
        ("Je vois 2024.", "Je vois 2 0 2 4 ."),
    ],
)
def test_a_name_is_spelled_and_other_words_are_not(tokenizer: Tokenizer, text: str, expected: str) -> None:
    assert pieces(tokenizer, text) == expected.split()


@pytest.mark.parametrize(("text", "is_name"), [("Loin de Londres", True), ("Loin-t-il de Londres", False)])
def test_a_verb_before_a_pronoun_is_no_name_though_nobody_has_seen_it(tokenizer: Tokenizer, text: str, is_name: bool) -> None:
    assert (pieces(tokenizer, text)[:4] == list("Loin")) == is_name
    assert pieces(tokenizer, text)[-7:] != list("Londres")  # which is translated by another word


@pytest.mark.parametrize("text", ["Zoé, 漢字 et Jean-Éric O'Neil ont 1 250,50 €.", "A", "Nguyễn", "I" * 60])
def test_what_is_spelled_is_read_back(tokenizer: Tokenizer, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text).ids).strip() == text


@pytest.mark.parametrize(("typed", "same"), [("soeur", "sœur"), ("oeil", "œil"), ("Oeuvre", "Œuvre"), ("n’ai", "n'ai")])
def test_typography_makes_no_difference(tokenizer: Tokenizer, typed: str, same: str) -> None:
    assert tokenizer.encode(typed).ids == tokenizer.encode(same).ids


def test_words_that_only_look_alike_keep_their_oe(tokenizer: Tokenizer) -> None:
    for word in ("moelle", "Goethe", "Noé"):
        assert tokenizer.decode(tokenizer.encode(word).ids).strip() == word


def test_a_word_that_is_translated_by_another_is_no_name() -> None:
    start, inside = no_names(plain(), [*PAIRS, ("Je vais à Rome.", "I go to Roma."), ("Paul dort.", "Paul sleeps.")])
    assert "Parlez" in start
    assert {"Paul", "Rome"} & start == set()
    assert "Rome" not in inside  # once is not enough inside


def test_any_of_finds_each_word_and_no_part() -> None:
    words = ["ab", "abc", "b", "abd", "x.y"]
    pattern = re.compile(any_of(words))
    assert all(pattern.fullmatch(word.replace(".", r".")) for word in words if "." not in word)
    assert not any(pattern.fullmatch(word) for word in ("a", "abcd", "", "c"))
