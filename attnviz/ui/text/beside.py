"""Side by side: another model on the same sentence, or on the same translation of it."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

from attnviz import plot
from attnviz.cards import ModelCard, all_cards
from attnviz.errors import AttnvizError
from attnviz.foreign.files import absent
from attnviz.results import TextResult, Translation
from attnviz.state import Choice, OneOf
from attnviz.ui import cache, say
from attnviz.ui.card import cards
from attnviz.ui.controls import controls
from attnviz.ui.state import State
from attnviz.views import beside

T = TypeVar("T")
NOBODY = ""


def pick_other(state: State, card: ModelCard, tasks: Sequence[str]) -> ModelCard | None:
    """A second model of the same tasks, in the sidebar; None where none is wanted."""
    others = {each.name: each for each in all_cards()[0] if each.task in tasks and each.name != card.name and not absent(each)}
    if not others:
        return None
    titles = {NOBODY: "No other model", **{name: each.title for name, each in others.items()}}
    allowed = OneOf(tuple(titles), titles.__getitem__, listed=True)
    with st.sidebar:
        name = controls(state, [Choice("other", "Compare with", allowed, NOBODY)])["other"]
    return others.get(name)


def sentences(state: State, first: TextResult, other: ModelCard, text: str) -> None:
    """Two models' decisions on one sentence, and the share of attention that each gives every word."""
    if len(first.encoded.tokens) > plot.MAX_CELLS:
        st.info(f"Two models are shown side by side for texts of up to {plot.MAX_CELLS} tokens.")
        return
    second = _attempted(other, lambda: cache.text(other.name, text))
    if second is not None:
        st.subheader("Side by side", anchor=False)
        cards(state, beside.exhibits(first, second))


def translations(state: State, first: Translation, other: ModelCard) -> None:
    """Where another translator would look, were it to write the same translation."""
    if not first.outputs[first.chosen].finished:
        st.info("The translation did not come to an end, so it cannot be given to another model.")
        return
    second = _attempted(other, lambda: cache.forced(other.name, first.encoded.text, first.text))
    if second is None:
        return
    st.subheader("Side by side", anchor=False)
    shown = beside.translations(first, second)
    if not shown:
        st.info("The two models cut the sentences into different words, so their maps cannot be laid over each other.")
    cards(state, shown)


def _attempted(other: ModelCard, work: Callable[[], T]) -> T | None:
    try:
        with st.spinner(f"{say.literal(other.title)} looks at the same"):
            return work()
    except AttnvizError as error:
        say.error(error)
        return None
