"""Pairs of sentences made from pairs: names and numbers exchanged for others, two sentences in one, and the links of their words.

What was exchanged is the same on both sides, mostly something that nobody has seen, so what is learned is to copy.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from attnviz.data.exchange import NAME, NUMBER, in_digits, shared, with_name, with_number
from attnviz.data.tatoeba import Pair
from attnviz.train.word_links import WordLinks

WORDS = 25
# Words for links: aujourd'hui is two, as-tu too, don't is one.
FRENCH = re.compile(r"\w+['’]|\w+|[^\w\s]")
ENGLISH = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")

_JOINTS = ((", et ", ", and "), (" et ", " and "), (", mais ", ", but "), (" parce que ", " because "), (", donc ", ", so "))

# A link's ends: (start, stop) in the French and in the English sentence.
Span = tuple[int, int]
Spans = tuple[tuple[Span, Span], ...]


class Lesson(NamedTuple):
    """A pair, and which stretches of letters translate which."""

    french: str
    english: str
    links: Spans


class Lessons:
    """Makes lessons from pairs; what is made depends on the `random.Random` that is given alone."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self.links = WordLinks((cut(p.french, FRENCH), cut(p.english, ENGLISH)) for p in pairs)
        self.pairs = pairs
        self.named = [pair for pair in pairs if shared(NAME, pair)]
        self.numbered = [pair for pair in map(in_digits, pairs) if shared(NUMBER, pair)]
        self.open = [pair for pair in pairs if _continues(pair)]
        self.seconds = [pair for pair in self.open if all(_SMALL.match(text) for text in pair)]
        self.names = sorted({name for pair in self.named for name in shared(NAME, pair)})
        self.syllables = Syllables([*self.names, *self.names, *_words(pairs)])

    def make(self, chooser: random.Random, plain: Iterator[Pair] | None = None) -> Lesson:
        """A plain pair, the next of `plain` if that is given, or one with other names or numbers, or two or three in one."""
        kind = chooser.random()
        if kind < PLAIN:
            return self.lesson(next(plain) if plain else self.one(chooser, 0.0))
        if kind < PLAIN + EXCHANGED:
            return self.lesson(self.one(chooser, 1.0))
        return self.joined(chooser)

    def one(self, chooser: random.Random, share: float) -> Pair:
        """A pair; for a `share` of them one that has a name or a number, which becomes another."""
        if chooser.random() >= share:
            return chooser.choice(self.pairs)
        if self.numbered and chooser.random() < NUMBERS:
            pair = self.renumbered(chooser.choice(self.numbered), chooser)
            return self.renamed(pair, chooser) if shared(NAME, pair) else pair
        return self.renamed(chooser.choice(self.named), chooser) if self.named else chooser.choice(self.pairs)

    def lesson(self, pair: Pair) -> Lesson:
        """The pair with the links of its words."""
        sides = [list(pattern.finditer(text)) for pattern, text in zip((FRENCH, ENGLISH), pair, strict=True)]
        found = self.links.links(*([_folded(match[0]) for match in side] for side in sides))
        return Lesson(*pair, tuple((sides[0][i].span(), sides[1][j].span()) for i, j in found))

    def joined(self, chooser: random.Random) -> Lesson:
        """Sentences one after another, or tied by a word, of up to 25 words."""
        parts = [self.lesson(self.one(chooser, IN_JOINED)) for _ in range(chooser.choice((2, 2, 3)))]
        if self.seconds and chooser.random() < TIED:
            first, second = (self.lesson(self._open(pairs, chooser)) for pairs in (self.open, self.seconds))
            parts = [tied(first, second, chooser.choice(_JOINTS)), *parts[2:]]
        whole = parts[0]
        for part in parts[1:]:
            longer = beside(whole, part, " ", " ")
            if len(longer.english.split()) <= WORDS:
                whole = longer
        return whole

    def _open(self, pairs: Sequence[Pair], chooser: random.Random) -> Pair:
        pair = chooser.choice(pairs)
        pair = self.renamed(pair, chooser) if shared(NAME, pair) else pair
        return self.renumbered(pair, chooser) if shared(NUMBER, pair) else pair

    def renamed(self, pair: Pair, chooser: random.Random) -> Pair:
        """Every name that both sides have becomes another one, with or without the e of de and que before it."""
        for name in shared(NAME, pair):
            pair = with_name(pair, name, self.name(chooser))
        return pair

    def name(self, chooser: random.Random) -> str:
        """A name of the pairs, or one that is made up, of one part or two."""
        name = chooser.choice(self.names) if self.names and chooser.random() < KNOWN else self.syllables.word(chooser)
        second = chooser.random()
        if second < DOUBLE:
            return name + chooser.choice(("-", " ")) + self.syllables.word(chooser)
        return name.upper()[: chooser.randint(2, 5)] if second > 1 - ABBREVIATED else name

    def renumbered(self, pair: Pair, chooser: random.Random) -> Pair:
        """Every number that both sides have becomes another one, not always of as many digits."""
        for number in shared(NUMBER, pair):
            pair = with_number(pair, number, *self.number(len(number), chooser))
        return pair

    def number(self, digits: int, chooser: random.Random) -> tuple[str, str]:
        """A number as it is written in French and in English, most often of so many digits."""
        digits = digits if chooser.random() < AS_LONG else chooser.randint(1, 6)
        new = str(chooser.randint(max(2, 10 ** (digits - 1)), 10**digits - 1))
        form = chooser.random()
        if digits > 3 and form < GROUPED:
            return f"{new[:-3]} {new[-3:]}", f"{new[:-3]},{new[-3:]}"
        if digits < 4 and form < BROKEN:
            return f"{new},{form * 99:.0f}", f"{new}.{form * 99:.0f}"
        return new, new


# Shares: of plain pairs, and of single ones with exchanged names or numbers; the rest are joined.
PLAIN, EXCHANGED = 0.5, 0.25
NUMBERS, IN_JOINED, TIED = 0.25, 0.4, 0.5
KNOWN, DOUBLE, ABBREVIATED = 0.3, 0.12, 0.05
AS_LONG, GROUPED, BROKEN = 0.6, 0.3, 0.08


class Syllables:
    """Makes up words that look like the given ones: each letter follows the two before it as often as there."""

    def __init__(self, words: Sequence[str]) -> None:
        self.next: dict[str, list[str]] = {}
        for word in words:
            marked = f"^^{word.lower()}$"
            for i in range(2, len(marked)):
                self.next.setdefault(marked[i - 2 : i], []).append(marked[i])

    def word(self, chooser: random.Random) -> str:
        """Of three to twelve letters, the first a capital."""
        while True:
            word = "^^"
            while not word.endswith("$") and len(word) < 15:
                word += chooser.choice(self.next[word[-2:]])
            if 3 <= len(word := word[2:].removesuffix("$")) <= 12:
                return word.capitalize()


def beside(first: Lesson, second: Lesson, *between: str) -> Lesson:
    """One after the other, with `between` them what stands there in French and in English."""
    shifts = [len(text) + len(gap) for text, gap in zip(first[:2], between, strict=True)]
    moved = tuple((_moved(french, shifts[0]), _moved(english, shifts[1])) for french, english in second.links)
    return Lesson(first.french + between[0] + second.french, first.english + between[1] + second.english, first.links + moved)


def tied(first: Lesson, second: Lesson, joint: tuple[str, str]) -> Lesson:
    """Two statements as one: the first without its full stop, the second without its capital."""
    whole = beside(_cut_off(first), Lesson(_small(second.french), _small(second.english), second.links), *joint)
    places = tuple(_joint_span(len(text) - 1, word) for text, word in zip(first[:2], joint, strict=True))
    return whole._replace(links=(*whole.links, places))  # type: ignore[arg-type]


def _joint_span(start: int, joint: str) -> Span:
    """Of the word itself, without comma and spaces."""
    word = joint.strip(", ")
    return start + joint.index(word), start + joint.index(word) + len(word)


def _cut_off(lesson: Lesson) -> Lesson:
    french, english = lesson.french[:-1], lesson.english[:-1]
    kept = tuple(link for link in lesson.links if link[0][1] <= len(french) and link[1][1] <= len(english))
    return Lesson(french, english, kept)


def _moved(span: Span, shift: int) -> Span:
    return span[0] + shift, span[1] + shift


def _continues(pair: Pair) -> bool:
    """Whether another statement can follow or go before it in one sentence."""
    ends = all(text.endswith(".") and not text.endswith("..") and text.count(".") == 1 for text in pair)
    return ends and len(pair.english.split()) <= WORDS // 2 - 1 and not set('?!;:"«»“”') & set(pair.french + pair.english)


# What begins a statement that can be another's second half, and is written small there, but for I and Tom.
_SMALL = re.compile(
    r"(?:Je|J['’]|Tu|Il|Elle|On|Nous|Vous|Ils|Elles|Le|La|L['’]|Les|Un|Une|Mon|Ma|Mes|Son|Sa|Ses|Ce|C['’]|Cette|Ces|Notre|Ça|He|She|"
    r"You|We|They|It|It's|He's|She's|The|A|An|My|His|Her|This|That|That's|There|These|Our|Your|You're|We're|They're|I|I'm|I've|I'll|"
    r"I'd|Tom|Mary|Marie)(?!(?<!['’])[\w'])"
)


def _small(text: str) -> str:
    return text if text.startswith(("I ", "I'", "Tom", "Mar")) else text[:1].lower() + text[1:]


def cut(text: str, pattern: re.Pattern[str]) -> list[str]:
    """The words of a text, in small letters and with straight apostrophes."""
    return [_folded(match[0]) for match in pattern.finditer(text)]


def _folded(word: str) -> str:
    return word.lower().replace("’", "'")


def _words(pairs: Sequence[Pair]) -> list[str]:
    found: Callable[[str], list[str]] = re.compile(r"[^\W\d_]{4,}").findall
    return sorted({word for pair in pairs for text in pair for word in found(text)})
