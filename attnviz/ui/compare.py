"""Side by side: another translator on the same sentence, and where it looked more or less."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import streamlit as st

from attnviz import plot
from attnviz.cards import ModelCard, all_cards
from attnviz.errors import AttnvizError
from attnviz.explain.sides import by_side
from attnviz.foreign.files import absent
from attnviz.maps import AttentionMap
from attnviz.results import Result
from attnviz.translate import Translation
from attnviz.ui import cache, say, widgets

T = TypeVar("T")


def pick_other(card: ModelCard, tasks: Sequence[str], key: str) -> ModelCard | None:
    """A second model of the same tasks, in the sidebar; None where none is wanted."""
    others = {each.name: each for each in all_cards()[0] if each.task in tasks and each.name != card.name and not absent(each)}
    if not others:
        return None
    if st.session_state.get(key) not in others:
        st.session_state.pop(key, None)
    name = st.sidebar.selectbox(
        "Compare with", list(others), index=None, format_func=lambda name: others[name].title, key=key, placeholder="No other model"
    )
    return others.get(str(name))


def translations(first: Translation, other: ModelCard) -> None:
    """Where another translator would look, were it to write the same translation."""
    second = _attempted(lambda: cache.forced(other.name, first.encoded.text, first.text), other)
    if second is None:
        return
    st.subheader("Side by side", anchor=False)
    if not first.outputs[first.chosen].finished:
        st.info("The translation did not come to an end, so it cannot be given to another model.")
        return
    shown = [by_side(_aligner(result), result.words, result.encoded.words) for result in (first, second)]
    if shown[0].labels != shown[1].labels:
        st.info("The two models cut the sentences into different words, so their maps cannot be laid over each other.")
        return
    columns = st.columns(3, gap="medium")
    for place, result, each in zip(columns, (first, second), shown, strict=False):
        with place:
            st.markdown(f"**{say.literal(result.card.title)}**")
            figure = plot.alignment(each, [result.chance(word) for word in result.words]).update_xaxes(tickangle=-90)
            widgets.chart(figure.update_traces(showscale=False), f"compare-{result.card.name}")
    with columns[2]:
        st.markdown("**Difference**")
        widgets.chart(plot.difference(*shown).update_xaxes(tickangle=-90), "compare-difference")
    gap = float(np.abs(shown[0].dense() - shown[1].dense()).sum(1).mean() / 2)
    say.caption(
        f"{_who(first, second)} Both were given the translation “{first.text}”; numbers beside the words are their probabilities. "
        f"On average {gap:.0%} of a word's attention lies elsewhere."
    )


def _aligner(result: Translation) -> AttentionMap:
    net = cache.translator(result.card.name)
    m = result.tape[net.aligner[0]]
    return m.mean_of_heads() if "head" in m.axes else m


def _who(first: Result, second: Result) -> str:
    return f"Blue: {first.card.title} looks there more. Orange: {second.card.title} does."


def _attempted(work: Callable[[], T], other: ModelCard) -> T | None:
    try:
        with st.spinner(f"{say.literal(other.title)} looks at the same"):
            return work()
    except AttnvizError as error:
        say.error(error)
        return None
