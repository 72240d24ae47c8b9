"""Lessons as ids, the same whoever writes them, and their batches."""

import random
import zipfile
from pathlib import Path

import numpy as np
import pytest

from attnviz.data import tatoeba
from attnviz.data.tatoeba import Pair
from attnviz.nets.translator import PAD
from attnviz.train import book, lessons
from attnviz.train.book import Column, Pages, Writer, alike, as_typed
from attnviz.train.lessons import Lesson

PAIRS = [
    Pair("Je vois Tom.", "I see Tom."), Pair("Il a 20 ans.", "He is 20."), Pair("Elle aime le pain.", "She likes bread."),
    Pair("Où est le chat ?", "Where is the cat?"), Pair("Je dors.", "I sleep."), Pair("Tu lis un livre.", "You read a book."),
]  # fmt: skip


@pytest.fixture
def writer(monkeypatch: pytest.MonkeyPatch) -> Writer:
    monkeypatch.setattr(book, "CHUNK", 9)
    return Writer(PAIRS * 4, (320, 320))


def test_a_page_holds_the_ids_and_links_that_the_tokenizers_and_the_lesson_have(writer: Writer) -> None:
    made = [Lesson("Je dors.", "I sleep.", (((0, 2), (0, 1)), ((3, 7), (2, 7)))), Lesson("Tu lis.", "You read.", ())]
    page = writer.pages(made).page(np.array([1, 0]))
    for row, lesson in zip((1, 0), made, strict=True):
        assert page.source[row][page.source[row] != PAD].tolist() == writer.source.encode(lesson.french).ids
        assert page.target[row][page.target[row] != PAD].tolist() == writer.target.encode(lesson.english).ids
    french, english = writer.source.encode(made[0].french), writer.target.encode(made[0].english)
    linked = {
        (french.offsets[source][0] < 2, english.offsets[1 + target][0] < 1)
        for _, target, source in zip(*page.linked, strict=True)
    }  # fmt: skip
    assert linked == {(True, True), (False, False)}
    assert set(page.linked[0].tolist()) == {1}


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning", "ignore:This DataLoader will create 2 worker processes")
def test_a_book_is_the_same_whoever_writes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tatoeba_fra_eng").mkdir()
    lines = [f"I see {number} cats.\tJe vois {number} chats." for number in range(40)]
    with zipfile.ZipFile(tmp_path / "tatoeba_fra_eng" / "fra-eng.zip", "w") as archive:
        archive.writestr("fra-eng/fra.txt", "\n".join(lines))
    for place, name, number in ((tatoeba, "HELD_OUT", 4), (book, "ROUND", 20), (book, "CHUNK", 5)):
        monkeypatch.setattr(place, name, number)
    here, there = (book.write(tmp_path, (300, 300), 2, workers) for workers in (0, 2))
    for ours, theirs in zip(here.rounds, there.rounds, strict=True):
        assert len(ours.source.lengths) == 20
        for one, two in zip(ours, theirs, strict=True):
            assert np.array_equal(one.values, two.values)
            assert np.array_equal(one.starts, two.starts)


def test_a_chunk_depends_on_its_number_alone(writer: Writer) -> None:
    first, again, second = (writer[number].source.values.tolist() for number in (0, 0, 1))
    assert first == again != second


def test_plain_pairs_come_in_turn_from_chunk_to_chunk(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (book, lessons):
        monkeypatch.setattr(module, "PLAIN", 1.0)
    monkeypatch.setattr(book, "CHUNK", 3)
    monkeypatch.setattr(book, "TYPED", 0.0)
    monkeypatch.setattr(writer, "turns", PAIRS)
    rows = [writer[number].page(np.array([i])).target[0] for number in (0, 1) for i in range(3)]
    assert [row.tolist() for row in rows] == [writer.target.encode(pair.english).ids for pair in PAIRS]


def test_joined_parts_have_all_lessons_in_order(writer: Writer) -> None:
    parts = [writer[number] for number in range(3)]
    whole = book.joined(parts)
    rows = [part.page(np.array([i])) for part in parts for i in range(9)]
    for i, row in enumerate(rows):
        page = whole.page(np.array([i]))
        assert all(np.array_equal(a, b) for a, b in zip((*row[:2], *row.linked), (*page[:2], *page.linked), strict=True))


def test_now_and_then_a_sentence_comes_as_people_type_it() -> None:
    shuffler = random.Random(0)
    seen = {as_typed("Il est là.", shuffler) for _ in range(500)}
    assert seen == {"Il est là.", "il est là.", "Il est là", "il est là"}


def test_batches_hold_lessons_of_about_one_length_and_lose_none() -> None:
    first, second = (np.array(lengths) for lengths in zip(*((n, m) for n in range(10) for m in range(10)), strict=True))
    batches = alike(first, second, 10, np.random.default_rng(0))
    assert sorted(np.concatenate(batches).tolist()) == list(range(100))
    assert all(len(set(first[batch].tolist())) == 1 for batch in batches)


def test_a_lesson_without_links_has_none_in_its_page() -> None:
    ids = Column(np.array([3, 4, 5], dtype=np.int16), np.array([0, 1, 3]))
    links = Column(np.array([[0, 1]], dtype=np.int16), np.array([0, 0, 1]))
    page = Pages(ids, ids, links).page(np.array([0, 1]))
    assert page.source.tolist() == [[3, PAD], [4, 5]]
    assert [part.tolist() for part in page.linked] == [[1], [0], [1]]
