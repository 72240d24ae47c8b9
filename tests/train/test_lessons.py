"""Pairs made from pairs, and the links that go with them."""

import random

import pytest

from attnviz.data.tatoeba import Pair
from attnviz.train.lessons import WORDS, Lesson, Lessons, Syllables, beside, tied

PAIRS = [
    Pair("Tom aime le vin.", "Tom likes the wine."), Pair("Je parle de Tom.", "I talk about Tom."),
    Pair("Il a 20 ans.", "He is 20."), Pair("Il aime le pain.", "He likes the bread."), Pair("Je vois le chat.", "I see the cat."),
    Pair("Où est le chat ?", "Where's the cat?"), Pair("Elle voit le vin.", "She sees the wine."),
]  # fmt: skip


@pytest.fixture(scope="module")
def lessons() -> Lessons:
    return Lessons(PAIRS * 5)


def words(lesson: Lesson) -> set[tuple[str, str]]:
    return {(lesson.french[slice(*here)], lesson.english[slice(*there)]) for here, there in lesson.links}


def test_a_name_and_a_number_become_the_same_on_both_sides(lessons: Lessons) -> None:
    chooser = random.Random(0)
    for _ in range(50):
        pair = lessons.renamed(PAIRS[0], chooser)
        assert pair.french.removesuffix(" aime le vin.") == pair.english.removesuffix(" likes the wine.")
        number = lessons.renumbered(PAIRS[2], chooser)
        french, english = number.french[5:-5], number.english[6:-1]
        assert french.replace(" ", "").replace(",", ".") == (english if "." in english else english.replace(",", ""))


def test_two_statements_in_one_lose_a_full_stop_and_a_capital() -> None:
    first = Lesson("Il dort.", "He sleeps.", (((0, 2), (0, 2)), ((7, 8), (9, 10))))
    second = Lesson("Je lis.", "I read.", (((3, 6), (2, 6)),))
    found = tied(first, second, (" et ", " and "))
    assert found[:2] == ("Il dort et je lis.", "He sleeps and I read.")
    assert words(found) == {("Il", "He"), ("et", "and"), ("lis", "read")}


def test_links_move_with_their_sentence() -> None:
    first, second = Lesson("Non.", "No.", (((0, 3), (0, 2)),)), Lesson("Il dort.", "He sleeps.", (((3, 7), (3, 9)),))
    assert words(beside(first, second, " ", " ")) == {("Non", "No"), ("dort", "sleeps")}


def test_no_lesson_is_too_long_and_each_is_made_again_by_the_same_chooser(lessons: Lessons) -> None:
    made = [lessons.make(random.Random(seed)) for seed in range(60)]
    assert made == [lessons.make(random.Random(seed)) for seed in range(60)]
    assert all(len(lesson.english.split()) <= WORDS for lesson in made)
    assert any(lesson.english.count(".") > 1 for lesson in made)
    assert any(Pair(*lesson[:2]) in PAIRS for lesson in made)


def test_a_made_up_word_has_letters_in_the_order_of_the_words_it_was_made_from() -> None:
    made = {Syllables(["abcabc"]).word(random.Random(seed)) for seed in range(20)}
    assert all(word.lower() in "abcabcabcabcabc" and word[0] == "A" for word in made)
