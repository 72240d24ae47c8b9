"""A book of lessons, written once before a training, by several processes at a time: the ids and links of each lesson.

Then a training only turns pages: it takes lessons of about one length together, which costs it next to nothing.
"""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch.utils.data import Dataset

from attnviz.data import tatoeba
from attnviz.data.tatoeba import Pair
from attnviz.nets.translator import PAD, SPECIAL
from attnviz.train import guided
from attnviz.train.byte_pairs import byte_pairs
from attnviz.train.lessons import PLAIN, Lesson, Lessons
from attnviz.train.spelling import spelled
from attnviz.train.workers import at_once

ROUND = 150_000
CHUNK = 5_000
TYPED = 0.05

Numbers = NDArray[np.int64]


class Column(NamedTuple):
    """Of many lessons the values one after another (value, ...), and where each begins, and the last one ends (lesson + 1)."""

    values: NDArray[np.int16]
    starts: Numbers

    @property
    def lengths(self) -> Numbers:
        """(lesson,)"""
        return np.diff(self.starts)


class Page(NamedTuple):
    """A batch: ids (lesson, source) and (lesson, target); linked are lesson, target token (not counting [START]), source token."""

    source: Numbers
    target: Numbers
    linked: tuple[Numbers, Numbers, Numbers]


class Pages(NamedTuple):
    """Lessons as columns: ids of both sides, and pairs (target token, source token)."""

    source: Column
    target: Column
    links: Column

    def page(self, lessons: Numbers) -> Page:
        """The chosen lessons side by side, padded at the end."""
        rows, values = _taken(self.links, lessons)
        return Page(_padded(self.source, lessons), _padded(self.target, lessons), (rows, values[:, 0], values[:, 1]))

    def alike(self, size: int, shuffler: np.random.Generator | None = None) -> Iterator[Page]:
        """All lessons in batches of about one length, so that little is padding; in random order where a shuffler is given."""
        for lessons in alike(self.source.lengths, self.target.lengths, size, shuffler):
            yield self.page(lessons)


@dataclass(frozen=True)
class Book:
    """The two vocabularies, rounds of lessons made from the training pairs, and the dev pairs as they are."""

    source: Tokenizer
    target: Tokenizer
    rounds: tuple[Pages, ...]
    held_out: Pages


def write(data: Path, sizes: tuple[int, int], rounds: int, workers: int) -> Book:
    """The book of so many rounds, by so many processes beside this one; the same however many they are."""
    parts = tatoeba.split(data)
    writer = Writer(parts["train"], sizes)
    chunks = iter(at_once(writer, rounds * (ROUND // CHUNK), workers))
    written = tuple(joined([next(chunks) for _ in range(ROUND // CHUNK)]) for _ in range(rounds))
    return Book(writer.source, writer.target, written, writer.pages([Lesson(*pair, ()) for pair in parts["dev"]]))


class Writer(Dataset[Pages]):
    """Chunks of lessons; what is in one depends on its number alone. Plain pairs come in turn, so that none is left out."""

    def __init__(self, pairs: Sequence[Pair], sizes: tuple[int, int]) -> None:
        self.source = byte_pairs((pair.french for pair in pairs), sizes[0], SPECIAL, "$A [END]")
        self.target = byte_pairs((pair.english for pair in pairs), sizes[1], SPECIAL, "[START] $A [END]")
        spelled(self.source, pairs, ligatures=True)
        spelled(self.target, ((pair.english, pair.french) for pair in pairs))
        self.lessons = Lessons(pairs)
        self.turns = random.Random(0).sample(pairs, len(pairs))

    def __getitem__(self, number: int) -> Pages:
        chooser = random.Random(number)
        plain = (self.turns[place % len(self.turns)] for place in count(round(number * CHUNK * PLAIN)))
        made = (self.lessons.make(chooser, plain) for _ in range(CHUNK))
        return self.pages([lesson._replace(french=as_typed(lesson.french, chooser)) for lesson in made])

    def pages(self, lessons: Sequence[Lesson]) -> Pages:
        """Lessons as ids and links between tokens."""
        sources = self.source.encode_batch([lesson.french for lesson in lessons])
        targets = self.target.encode_batch([lesson.english for lesson in lessons])
        links = [
            guided.between_tokens(lesson.links, one.offsets, two.offsets[1:], lesson[:2])
            for lesson, one, two in zip(lessons, sources, targets, strict=True)
        ]
        french, english = (_column((encoding.ids for encoding in side), ()) for side in (sources, targets))
        return Pages(french, english, _column(links, (2,)))


def as_typed(sentence: str, shuffler: random.Random) -> str:
    """The sentence as it is, or now and then without its capital, its full stop, or both."""
    if shuffler.random() < TYPED:
        sentence = sentence[:1].lower() + sentence[1:]
    return sentence.removesuffix(".") if shuffler.random() < TYPED else sentence


def joined(parts: Sequence[Pages]) -> Pages:
    """The lessons of all parts, in order."""
    return Pages(*(_together(columns) for columns in zip(*parts, strict=True)))


def alike(
    first: Numbers, second: Numbers, size: int, shuffler: np.random.Generator | None = None
) -> list[Numbers]:  # fmt: skip
    """Which lessons are a batch, by the lengths of both their sides (lesson,); each once."""
    order = shuffler.permutation(len(first)) if shuffler else np.arange(len(first))
    order = order[np.lexsort((second[order], first[order]))]
    batches = [order[start : start + size] for start in range(0, len(order), size)]
    return [batches[i] for i in shuffler.permutation(len(batches))] if shuffler else batches


def _column(rows: Iterable[Sequence[Any]], shape: tuple[int, ...]) -> Column:
    kept = list(rows)
    values = np.array([value for row in kept for value in row], dtype=np.int16).reshape(-1, *shape)
    return Column(values, np.cumsum([0, *map(len, kept)]))


def _together(columns: Sequence[Column]) -> Column:
    lengths = np.concatenate([column.lengths for column in columns])
    return Column(np.concatenate([column.values for column in columns]), np.concatenate([[0], np.cumsum(lengths)]))


def _taken(column: Column, lessons: Numbers) -> tuple[Numbers, Numbers]:
    """Of the chosen lessons all values one after another, and to each which one of them it is of."""
    lengths = column.lengths[lessons]
    rows = np.repeat(np.arange(len(lessons)), lengths)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return rows, column.values[column.starts[lessons][rows] + within].astype(np.int64)


def _padded(column: Column, lessons: Numbers) -> Numbers:
    values = _taken(column, lessons)[1]
    lengths = column.lengths[lessons]
    table = np.full((len(lessons), lengths.max()), PAD)
    table[np.arange(table.shape[1]) < lengths[:, None]] = values
    return table
