"""A text without some of its words, as a model reads it that was never given them."""

from collections.abc import Collection
from dataclasses import replace

import torch

from attnviz.encode.text import EncodedText, Word
from attnviz.errors import InputError


def without_words(encoded: EncodedText, hidden: Collection[int]) -> EncodedText:
    """The same text with the tokens of some words left out; words keep their order. InputError where none would be left."""
    words = encoded.words
    if not all(0 <= i < len(words) and not words[i].special for i in hidden):
        raise InputError(f"there are no words {', '.join(map(str, sorted(hidden)))} to hide", f"words are 0 to {len(words) - 1}")
    left = [word for i, word in enumerate(words) if i not in hidden]
    if all(word.special for word in left):
        raise InputError("nothing is left to read", "hide fewer words")
    kept = [position for word in left for position in word.positions]
    moved = {old: new for new, old in enumerate(kept)}
    index = torch.tensor(kept)
    tensors = {name: tensor.index_select(1, index) for name, tensor in encoded.tensors.items()}
    shown = tuple(Word(word.text, tuple(moved[position] for position in word.positions), word.special) for word in left)
    if "word_ids" in tensors:
        tensors["word_ids"] = torch.tensor([[number for number, word in enumerate(shown) for _ in word.positions]])
    return replace(encoded, tensors=tensors, tokens=tuple(encoded.tokens[i] for i in kept), words=shown)
