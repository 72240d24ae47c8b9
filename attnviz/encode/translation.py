"""The border of translators: a sentence to translate comes in, and what is written gets its tokens and words named."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from attnviz.encode.text import EncodedText, Word, clean, encode_text

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

# What a visitor takes for a word: l' and eau are two in French, don't is one in English.
FRENCH = re.compile(r"\w+['’]|[\w-]+|[^\w\s]")
ENGLISH = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]")

# So many capitals without a small letter are a sentence, and no abbreviation.
LOUD = 6
_LETTERS = re.compile(r"[^\W\d_]+")
_BEGINS = re.compile(r"(?:^|[.!?…])[^\w.!?…]*$")


def encode_source(raw: str, *, tokenizer: Tokenizer) -> EncodedText:
    """A sentence -> the tokens that the translator reads; InputError where there is nothing to read or far too much."""
    return encode_text(raw, tokenizer=tokenizer, cut=french_words, read=partial(calm, tokenizer=tokenizer))


def calm(text: str, *, tokenizer: Tokenizer) -> str:
    """A text that is all capitals as it would be written otherwise, letter for letter; any other text as it is.

    A word keeps its first capital at the beginning of a sentence, and where the vocabulary has it with one alone: Tom, Paris.
    """
    if text != text.upper() or sum(map(str.isalpha, text)) < LOUD or not any(len(word) > 2 for word in _LETTERS.findall(text)):
        return text
    small = "".join(lower if len(lower := letter.lower()) == 1 else letter for letter in text)
    return _LETTERS.sub(lambda match: _capital(match, tokenizer), small)


def _capital(word: re.Match[str], tokenizer: Tokenizer) -> str:
    starts = _BEGINS.search(word.string[: word.start()])
    capital = word[0][0].upper() + word[0][1:]
    return capital if starts or (_whole(capital, tokenizer) and not _whole(word[0], tokenizer)) else word[0]


def _whole(word: str, tokenizer: Tokenizer) -> bool:
    """Whether the vocabulary has a token for the whole word."""
    return len(tokenizer.encode(word, add_special_tokens=False).ids) == 1


def french_words(encoding: Encoding, text: str) -> tuple[Word, ...]:
    """The words of a source, with the tokens of each."""
    special = [bool(mark) for mark in encoding.special_tokens_mask]
    return words_at(text, encoding.tokens, encoding.offsets, special, FRENCH)


def encode_prefix(raw: str, *, tokenizer: Tokenizer) -> tuple[int, ...]:
    """The ids of a beginning that the translator is to go on from; none for a text of spaces."""
    if not raw.strip():
        return ()
    return tuple(tokenizer.encode(clean(raw)[0], add_special_tokens=False).ids)


def written(ids: Sequence[int], *, tokenizer: Tokenizer, end: int) -> tuple[str, tuple[str, ...], tuple[Word, ...]]:
    """Ids of an output, with or without the `end` -> its text, a label for each token, and its words."""
    texts = [tokenizer.decode(list(ids[:count])) for count in range(len(ids) + 1)]
    lead = len(texts[-1]) - len(texts[-1].lstrip())
    text = texts[-1].strip()
    spans = [_inside(text, len(before) - lead, len(after) - lead) for before, after in pairwise(texts)]
    special = [token == end for token in ids]
    names = [str(tokenizer.id_to_token(token)) for token in ids]
    labels = tuple(name if mark else text[slice(*span)] for name, span, mark in zip(names, spans, special, strict=True))
    return text, labels, words_at(text, labels, spans, special, ENGLISH)


def _inside(text: str, start: int, stop: int) -> tuple[int, int]:
    """A span without the spaces at its beginning."""
    start = max(0, start)
    while start < min(stop, len(text)) and text[start].isspace():
        start += 1
    return start, stop


def words_at(
    text: str, labels: Sequence[str], spans: Sequence[tuple[int, int]], special: Sequence[bool], pattern: re.Pattern[str]
) -> tuple[Word, ...]:
    """The words of a text that `pattern` finds, each with the tokens that begin in it; a special token is a word of its own."""
    starts = [match.start() for match in pattern.finditer(text)]
    ends = [match.end() for match in pattern.finditer(text)]
    found: list[tuple[int | None, list[int]]] = []
    for position, ((start, _), mark) in enumerate(zip(spans, special, strict=True)):
        word = None if mark else next((i for i, end in enumerate(ends) if starts[i] <= start < end), None)
        if found and word is not None and found[-1][0] == word:
            found[-1][1].append(position)
        else:
            found.append((word, [position]))
    return tuple(
        Word(labels[positions[0]] if word is None else text[starts[word] : ends[word]], tuple(positions), special[positions[0]])
        for word, positions in found
    )
