"""The border where text comes in: cleaned, limited, cut into tokens, and every token tied to its word."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from attnviz.errors import CardError, InputError
from attnviz.extras import extras
from attnviz.limits import LIMITS

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

MAX_TOKENS = LIMITS.text_tokens
MAX_CHARACTERS = LIMITS.text_characters
UNKNOWN = "[UNK]"
MAX_FILE_BYTES = 4 * LIMITS.token_characters * MAX_TOKENS

_LINE_END = re.compile(r"\r\n?|[\v\f\x85]")
_KEPT_CONTROLS = "\n\t"
# Direction marks and joiners shape right-to-left script and emoji; other format characters are invisible and go.
_KEPT_FORMATS = "\u200c\u200d\u200e\u200f"


@dataclass(frozen=True)
class Word:
    """A word as it was typed, and the positions of its tokens; a special token is a word of its own."""

    text: str
    positions: tuple[int, ...]
    special: bool = False


Cut = Callable[["Encoding", str], tuple[Word, ...]]
"""A tokenizer's encoding and the text that it encodes -> the words of the text."""


@dataclass(frozen=True)
class EncodedText:
    """`tensors`: (1, token) `input_ids` and `attention_mask`, and where the model picks words `word_ids`, the number of each
    token's word in `words`; `notes`: full sentences on what was changed on the way in."""

    tensors: dict[str, Tensor]
    text: str
    tokens: tuple[str, ...]
    words: tuple[Word, ...]
    notes: tuple[str, ...]


def encode_text(
    raw: str, *, tokenizer: Tokenizer, word_ids: bool = False, cut: Cut | None = None, read: Callable[[str], str] = str
) -> EncodedText:
    """Text -> the tokens that the model takes; InputError where there is nothing to read or far too much.

    `cut` finds the words; without it they are those of the tokenizer. `read` makes of the text what the tokenizer is given, letter
    for letter; what is shown stays as it was typed.
    """
    text, notes = clean(raw, character_limit((tokenizer.truncation or {}).get("max_length", 0)))
    encoding = tokenizer.encode(read(text))
    if all(encoding.special_tokens_mask):
        raise _nothing_to_read()
    tensors = {"input_ids": torch.tensor([encoding.ids]), "attention_mask": torch.tensor([encoding.attention_mask])}
    notes += _cut(encoding, text) + _unknown(encoding, text)
    found = (cut or words)(encoding, text)
    if word_ids:
        tensors["word_ids"] = torch.tensor([[number for number, word in enumerate(found) for _ in word.positions]])
    return EncodedText(tensors, text, tuple(_readable(encoding, text, tokenizer)), found, notes)


def text_tokenizer(path: Path, max_tokens: int, typed: str = "") -> Tokenizer:
    """The tokenizer in a file, cutting what is longer than `max_tokens`; `typed` is the special token that a visitor may type.

    CardError where `max_tokens` is beyond what a page can take.
    """
    if not 0 < max_tokens <= MAX_TOKENS:
        raise CardError(f"a card asks for texts of {max_tokens:,} tokens, the limit is {MAX_TOKENS:,}", "lower its text.max_tokens")
    with extras():
        from tokenizers import Tokenizer
    tokenizer = Tokenizer.from_file(str(path))
    if typed:
        raw = json.loads(tokenizer.to_str())
        for token in raw["added_tokens"]:
            token["special"] = token["special"] and token["content"] != typed
        tokenizer = Tokenizer.from_str(json.dumps(raw))
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True  # a typed [SEP] is text, not an order to the model
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def read_text_file(raw: bytes) -> str:
    """The text of an uploaded file: UTF-8 or UTF-16 by its mark; InputError where it is too large or not text."""
    if len(raw) > MAX_FILE_BYTES:
        raise InputError(f"the file has {len(raw):,} bytes, the limit is {MAX_FILE_BYTES:,}", "upload a shorter text")
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = raw.decode(encoding)
        if "\0" not in text:
            return text
        raise InputError("the file is not text in UTF-8 or UTF-16 with a mark", "save it as UTF-8 text and upload it again")
    except UnicodeDecodeError:
        raise InputError("the file is not text in UTF-8 or UTF-16", "save it as UTF-8 text and upload it again") from None


def character_limit(max_tokens: int) -> int:
    """How many characters are read for a model that takes `max_tokens`."""
    return max(MAX_CHARACTERS, LIMITS.token_characters * max_tokens)


def clean(raw: str, limit: int = MAX_CHARACTERS) -> tuple[str, tuple[str, ...]]:
    """The text in one piece without what cannot be shown, and sentences on what went; InputError where nothing is left."""
    if len(raw) > limit:
        raise InputError(f"the text has {len(raw):,} characters, the limit is {limit:,}", "shorten it")
    lines = _LINE_END.sub("\n", raw)
    shown = "".join(character for character in lines if _shown(character))
    kept = _without_piles(shown)
    text = re.sub(r"\s+", " ", unicodedata.normalize("NFC", kept)).strip()
    if not text:
        raise _nothing_to_read()
    removed, piled = len(lines) - len(shown), len(shown) - len(kept)
    plural = "character was" if removed == 1 else "characters were"
    notes = (f"{removed:,} {plural} left out, which cannot be shown.",) if removed else ()
    piles = (f"{piled:,} accents were left out: no letter has more than {LIMITS.text_marks}.",) if piled else ()
    return text, notes + piles


def _without_piles(text: str) -> str:
    """With as many marks on a letter as stream-safe text has (UAX 15): putting more of them in order takes the square of it."""
    kept: list[str] = []
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run <= LIMITS.text_marks:
            kept.append(character)
    return "".join(kept)


def _nothing_to_read() -> InputError:
    return InputError("there is no text to read", "type a sentence or choose an example")


def _shown(character: str) -> bool:
    category = unicodedata.category(character)
    if category == "Cf":
        return character in _KEPT_FORMATS
    return character in _KEPT_CONTROLS or category not in ("Cc", "Cs", "Co", "Cn")


def _cut(encoding: Encoding, text: str) -> tuple[str, ...]:
    if not encoding.overflowing:
        return ()
    end = max(stop for _, stop in encoding.offsets)
    used, total = len(text[:end].split()), len(text.split())
    return (f"The model takes {len(encoding.ids):,} tokens: the first {used:,} of {total:,} words were used.",)


def _unknown(encoding: Encoding, text: str) -> tuple[str, ...]:
    """A sentence on words that are not in the vocabulary, which the model sees as one and the same token."""
    unknown = [text[slice(*offsets)] for token, offsets in zip(encoding.tokens, encoding.offsets, strict=True) if token == UNKNOWN]
    if not unknown:
        return ()
    shown = ", ".join(f"“{word[:20]}”" for word in unknown[:5])
    return (f"The model's vocabulary has nothing for {len(unknown):,} of the words ({shown}): it sees {UNKNOWN} in their place.",)


def _readable(encoding: Encoding, text: str, tokenizer: Tokenizer) -> list[str]:
    """Tokens as they are, but those made of bytes as the part of the text that they stand for."""
    from tokenizers.decoders import ByteLevel

    if not isinstance(tokenizer.decoder, ByteLevel):
        return list(encoding.tokens)
    marked = zip(encoding.tokens, encoding.offsets, encoding.special_tokens_mask, strict=True)
    return [token if special else text[slice(*offsets)].strip() or token for token, offsets, special in marked]


def words(encoding: Encoding, text: str) -> tuple[Word, ...]:
    """Neighbouring tokens of one word become one; punctuation marks and special tokens stand alone."""
    found: list[Word] = []
    tokens, offsets = encoding.tokens, encoding.offsets  # each access to these makes the whole list anew
    keys = list(zip(encoding.word_ids, encoding.special_tokens_mask, strict=True))
    for word, group in groupby(range(len(keys)), key=lambda i: keys[i]):
        for positions in [tuple(group)] if word[0] is not None else [(i,) for i in group]:
            special = bool(word[1])
            start, end = offsets[positions[0]][0], offsets[positions[-1]][1]
            found.append(Word(tokens[positions[0]] if special else text[start:end].strip(), positions, special))
    return tuple(found)
