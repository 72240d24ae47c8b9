"""The border of the mechanisms page: small matrices, words, points and feature maps, checked in one place."""

import re
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor, nn

from attnviz.encode.text import EncodedText
from attnviz.errors import InputError
from attnviz.maps import Floats

MAX_CHARACTERS = 10_000
MAX_ROWS, MAX_FEATURES = 32, 32
MAX_CHANNELS, MAX_SIDE = 64, 64
LARGEST = 1e3  # beyond it exp and squares say nothing that a reader could follow

_CELLS = re.compile(r"[\s,;|]+")


@dataclass(frozen=True)
class Vectors:
    """`query` (query, feature), `key` (key, feature), `value` (key, value feature); `rows` and `columns` name queries and keys.

    A mechanism that asks itself takes `query` for all three. InputError where shapes do not fit or numbers are too many,
    too large or not finite.
    """

    query: Floats
    key: Floats
    value: Floats
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("query", "key", "value"):
            object.__setattr__(self, name, _checked(getattr(self, name), name, (MAX_ROWS, MAX_FEATURES)))
        if self.query.shape[1] != self.key.shape[1]:
            raise InputError(
                f"queries have {counted(self.query.shape[1], 'feature')} and keys {self.key.shape[1]}", "give both as many columns"
            )
        if len(self.key) != len(self.value):
            raise InputError(f"there are {counted(len(self.key), 'key')} and {len(self.value)} values", "give one value a key")


@dataclass(frozen=True)
class Points:
    """Measured `y` at the places `x`, both (point,); `grid` (place,) is where a curve is wanted."""

    x: Floats
    y: Floats
    grid: Floats

    def __post_init__(self) -> None:
        for axis in fields(self):
            array = _checked(np.asarray(getattr(self, axis.name))[:, None], axis.name, (256, 1))[:, 0]
            object.__setattr__(self, axis.name, array)
        if len(self.x) != len(self.y):
            raise InputError(f"there are {counted(len(self.x), 'place')} and {len(self.y)} heights", "give one height a place")


@dataclass(frozen=True)
class FeatureMap:
    """`features` (channel, row, column), as a convolution would give them; `channels` names them."""

    features: Floats
    channels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        checked = _checked(self.features, "features", (MAX_CHANNELS, MAX_SIDE, MAX_SIDE))
        object.__setattr__(self, "features", checked)


Inputs = Vectors | Points | FeatureMap


def matrix(text: str, name: str) -> Floats:
    """A matrix as it was typed: a row a line (or a bracket), numbers apart by commas, semicolons or spaces; (row, column).

    InputError where it is empty, ragged, too large, or holds something else than numbers.
    """
    if len(text) > MAX_CHARACTERS:
        raise InputError(f"{name} has {len(text):,} characters, the limit is {MAX_CHARACTERS:,}", "give fewer numbers")
    lines = [_CELLS.sub(" ", line.strip(" \t,;|")) for line in re.split(r"\n|\]", text.replace("[", " "))]
    rows = [[_number(cell, name) for cell in line.split()] for line in lines if line.strip()]
    if not rows:
        raise InputError(f"{name} is empty", "type a row of numbers on each line")
    if len(lengths := sorted({len(row) for row in rows})) > 1:
        raise InputError(f"rows of {name} have between {lengths[0]} and {lengths[-1]} numbers", "give every row as many")
    return _checked(np.array(rows), name, (MAX_ROWS, MAX_FEATURES))


def typed(query: str, key: str, value: str) -> Vectors:
    """Three matrices as they were typed."""
    return Vectors(matrix(query, "query"), matrix(key, "key"), matrix(value, "value"))


def written(array: Floats) -> str:
    """A matrix as `matrix` reads it."""
    return "\n".join(", ".join(f"{number:.4g}" for number in row) for row in array)


def _number(cell: str, name: str) -> float:
    try:
        return float(cell)
    except ValueError:
        raise InputError(f"{cell[:20]!r} in {name} is no number", "type numbers such as 0.5 or -2, with a point") from None


def _checked(array: Floats, name: str, limits: tuple[int, ...]) -> Floats:
    """A float32 copy that nobody can write on."""
    given = np.array(array, dtype=np.float64)
    if given.ndim != len(limits) or 0 in given.shape:
        raise InputError(f"{name} has the shape {given.shape}", f"give {len(limits)} axes, none of them empty")
    if any(size > limit for size, limit in zip(given.shape, limits, strict=True)):
        raise InputError(f"{name} has {_by(given.shape)} numbers, the limit is {_by(limits)}", "give fewer")
    if not np.isfinite(given).all() or np.abs(given).max() > LARGEST:
        raise InputError(f"{name} holds numbers that are not finite or beyond {LARGEST:,.0f}", "give smaller ones")
    small: Floats = given.astype(np.float32)
    small.flags.writeable = False
    return small


def _by(shape: tuple[int, ...]) -> str:
    return " x ".join(str(size) for size in shape)


def counted(number: int, noun: str) -> str:
    """1 key, 2 keys."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def of_sentence(encoded: EncodedText, embedding: nn.Embedding, features: int = 8) -> Vectors:
    """Words of a sentence as vectors of few features, from the trained embeddings of a model; query, key and value are the same.

    Of the whole table the `features` directions along which it spreads most (its principal components) are kept, and all is
    divided by one number, so that a feature is 1 in root mean square over the table. A word of several tokens is their mean;
    special tokens are left out. InputError where there are more words than a page can show.
    """
    table = embedding.weight.detach().double()
    chosen = principal(table, features)
    vectors = (table[encoded.tensors["input_ids"][0]] - table.mean(0)) @ chosen
    words = [word for word in encoded.words if not word.special]
    if len(words) > MAX_ROWS:
        raise InputError(f"the sentence has {len(words)} words, the limit is {MAX_ROWS}", "shorten it")
    rows = np.stack([vectors[list(word.positions)].mean(0).numpy() for word in words])
    names = tuple(word.text for word in words)
    return Vectors(rows, rows, rows, names, names)


def principal(table: Tensor, features: int) -> Tensor:
    """(row, feature) -> (feature, chosen): the directions of the largest spread, scaled as `of_sentence` says.

    The sign of a direction is free; its largest number is made positive.
    """
    centred = table - table.mean(0)
    spread, directions = torch.linalg.eigh(centred.T @ centred / len(table))
    best = directions.flip(1)[:, :features]
    best = best * best.gather(0, best.abs().argmax(0, keepdim=True)).sign()
    return best / spread.flip(0)[:features].mean().sqrt()
