"""Names and numbers exchanged on both sides of a pair."""

import re

import pytest

from attnviz.data.exchange import NAME, NUMBER, in_digits, shared, with_name, with_number
from attnviz.data.tatoeba import Pair


@pytest.mark.parametrize(
    ("pattern", "pair", "found"),
    [
        (NAME, Pair("Tom aime Mary.", "Tom loves Mary."), ["Tom", "Mary"]),
        (NAME, Pair("Je vois Marie.", "I see Mary."), []),
        (NAME, Pair("Tom parle à Tom.", "Tom talks to him."), []),  # twice here, once there
        (NAME, Pair("Jean-Paul est là.", "Jean-Paul is here."), []),
        (NUMBER, Pair("J'ai 20 ans.", "I'm 20."), ["20"]),
        (NUMBER, Pair("Il est 2:30.", "It's 2:30."), []),
        (NUMBER, Pair("Cela fait 3,5 litres.", "That's 3.5 liters."), []),
    ],
)  # fmt: skip
def test_what_both_sides_have_as_often_is_shared(pattern: re.Pattern[str], pair: Pair, found: list[str]) -> None:
    assert shared(pattern, pair) == found


@pytest.mark.parametrize(
    ("french", "name", "new", "expected"),
    [
        ("Je parle de Tom.", "Tom", "Anne", "Je parle d'Anne."),
        ("Je parle d'Anne.", "Anne", "Tom", "Je parle de Tom."),
        ("Je sais que Tom ment.", "Tom", "Émile", "Je sais qu'Émile ment."),
        ("Que Tom vienne.", "Tom", "Jo", "Que Jo vienne."),
        ("Tom aime Tomas.", "Tom", "Zoé", "Zoé aime Tomas."),
        ("La vue de Tom.", "Tom", r"\1", r"La vue de \1."),
    ],
)
def test_a_name_is_exchanged_with_its_elision(french: str, name: str, new: str, expected: str) -> None:
    assert with_name(Pair(french, f"It's {name}'s."), name, new) == Pair(expected, f"It's {new}'s.")


def test_a_number_is_exchanged_where_it_stands_alone() -> None:
    pair = with_number(Pair("12 de 120 à 12:30.", "12 of 120 at 12:30."), "12", "3,5", "3.5")
    assert pair == Pair("3,5 de 120 à 12:30.", "3.5 of 120 at 12:30.")


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        (Pair("Deux chats et dix souris.", "Two cats and ten mice."), Pair("2 chats et 10 souris.", "2 cats and 10 mice.")),
        (Pair("Il a quinze ans.", "He is fifteen."), Pair("Il a 15 ans.", "He is 15.")),
        (Pair("Un livre neuf.", "A new book."), Pair("Un livre neuf.", "A new book.")),
        (Pair("Les deux deux.", "The two of two."), Pair("Les deux deux.", "The two of two.")),
        (Pair("J'ai vingt-deux ans.", "I'm twenty-two."), Pair("J'ai vingt-deux ans.", "I'm twenty-two.")),
    ],
)  # fmt: skip
def test_a_number_that_both_sides_have_once_in_words_is_written_in_digits(pair: Pair, expected: Pair) -> None:
    assert in_digits(pair) == expected
