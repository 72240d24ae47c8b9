"""French and English sentences that people wrote and translated for Tatoeba, as exported by manythings.org/anki.

Expects `<data>/tatoeba_fra_eng/fra-eng.zip` with lines `English<TAB>French`. Sentences of up to 12 English words are used.
"""

import hashlib
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from attnviz.errors import DataError

MAX_WORDS = 12
HELD_OUT = 2_000
SPLITS = ("test", "dev", "train")

_INVISIBLE = re.compile("[\u00ad\u200b]")


class Pair(NamedTuple):
    """A French sentence and its English translation."""

    french: str
    english: str


def read(data: Path) -> list[Pair]:
    """Every pair of up to 12 English words, in the order of the file; DataError where the file is missing."""
    path = Path(data) / "tatoeba_fra_eng" / "fra-eng.zip"
    if not path.is_file():
        raise DataError(f"no file {path}", "pass the folder that holds tatoeba_fra_eng/ with --data")
    with zipfile.ZipFile(path) as archive:
        lines = _INVISIBLE.sub("", archive.read("fra-eng/fra.txt").decode("utf-8")).splitlines()
    found = (line.split("\t")[:2] for line in lines)
    return [Pair(french.strip(), english.strip()) for english, french in found if len(english.split()) <= MAX_WORDS]


def split(data: Path) -> dict[str, list[Pair]]:
    """ "test", "dev" and "train": see `parted`."""
    return parted(read(data), HELD_OUT)


def parted(pairs: list[Pair], held_out: int) -> dict[str, list[Pair]]:
    """Parts that share no sentence of either language, whatever its case and punctuation.

    "test" and "dev" have all pairs of `held_out` English sentences each, chosen by the checksum of the sentence, so that a
    sentence stays in its part when others come or go. A pair whose French is in an earlier part is left out of the later ones.
    """
    groups: dict[str, list[Pair]] = {}
    for pair in pairs:
        groups.setdefault(letters(pair.english), []).append(pair)
    order = iter(sorted(groups, key=_checksum))
    parts: dict[str, list[Pair]] = {}
    taken: set[str] = set()
    for part in SPLITS:
        size = held_out if part != "train" else len(pairs)
        parts[part] = _fill(order, groups, size, lambda pair: letters(pair.french) not in taken)  # noqa: B023
        taken |= {letters(pair.french) for pair in parts[part]}
    return parts


def _fill(order: Iterator[str], groups: dict[str, list[Pair]], size: int, allowed: Callable[[Pair], bool]) -> list[Pair]:
    """Pairs of the next groups until they hold `size` different English sentences."""
    chosen: list[Pair] = []
    sentences: set[str] = set()
    while len(sentences) < size and (group := next(order, None)) is not None:
        kept = [pair for pair in groups[group] if allowed(pair)]
        room = size - len(sentences)
        new = list(dict.fromkeys(pair.english for pair in kept))[:room]
        chosen += [pair for pair in kept if pair.english in new]
        sentences.update(new)
    return chosen


def letters(sentence: str) -> str:
    """A sentence without case, spaces and punctuation, by which two are called the same."""
    return "".join(character for character in sentence.casefold() if character.isalnum())


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
