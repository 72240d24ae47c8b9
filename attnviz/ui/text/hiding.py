"""A word of the sentence hidden by a click, for a language model to guess."""

import streamlit as st

from attnviz.cards import ModelCard
from attnviz.encode.gaps import Piece, cut, first_hidden, masked, pieces
from attnviz.nets.words import mask_of
from attnviz.results import TextResult
from attnviz.state import Choice, Whole
from attnviz.ui import cache, say
from attnviz.ui.controls import held_at
from attnviz.ui.state import State

NONE = -1  # where no word is hidden
MOST = 60  # words and marks; of a longer text none is hidden by a click
LABELS = {
    "masked-word": "Click a word to hide it: the model guesses it from the others",
    "next-word": "Click a word to hide it and all behind it: the model guesses it from those before",
}


def hidden(state: State, card: ModelCard, text: str) -> tuple[str, str]:
    """What the model gets to read, and the word that is hidden in it, "" where none is."""
    found, masks = pieces(text), card.task == "masked-word"
    if card.task not in LABELS or not 1 < len(found) <= MOST:
        return text, ""
    first = first_hidden(text)
    choice = Choice("gap", "Hidden word", Whole(NONE, len(found) - 1), NONE if first is None else first)
    value = state.take((choice,))[choice.name]
    _row(state, choice, card, found, value)
    if value == NONE or (value == 0 and not masks):
        return text, ""
    mask = mask_of(getattr(cache.model(card.name), "tokenizer", None))
    return masked(text, value, mask) if masks else cut(text, value), found[value].text


def _row(state: State, choice: Choice, card: ModelCard, found: list[Piece], value: int) -> None:
    """The words as buttons, the hidden one pressed; before the first one nothing stands that could be gone on from."""
    key = state.key(choice)
    held_at(key, None if value == NONE else value)

    def take() -> None:
        state.put(choice, NONE if (clicked := st.session_state[key]) is None else clicked)
        state.forget(("lock",))

    start = 0 if card.task == "masked-word" else 1
    st.pills(LABELS[card.task], range(start, len(found)), format_func=lambda i: say.literal(found[i].text), key=key, on_change=take)


def guessed(result: TextResult, word: str) -> None:
    """How well the hidden word was guessed."""
    names = [name.casefold() for name, _ in result.ranked]
    if word.casefold() in names:
        place = names.index(word.casefold())
        say.markdown(f"Hidden is “{word}”: guess number {place + 1}, with {result.ranked[place][1]:.3f}.")
    else:
        say.markdown(f"Hidden is “{word}”, which is not among the first {len(names)} guesses.")
