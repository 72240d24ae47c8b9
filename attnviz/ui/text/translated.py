"""A translation on the Text page: its sentences one at a time, where it looked, and what else could have been written."""

import math
from collections.abc import Sequence

import streamlit as st

from attnviz.cards import ModelCard
from attnviz.encode.translation import written
from attnviz.nets.translator import END
from attnviz.results import Translation
from attnviz.state import Choice, OneOf, Text, Whole
from attnviz.translate import cut
from attnviz.ui import cache, say, widgets
from attnviz.ui.card import view
from attnviz.ui.controls import control, controls
from attnviz.ui.link import with_text
from attnviz.ui.reading import listening
from attnviz.ui.state import State
from attnviz.ui.text import beside
from attnviz.ui.text.sentence import BEGIN, name_of
from attnviz.ui.text.waiting import ANSWER, waiting
from attnviz.views import View, views_of

TASK = "translation"
BEAMS = 4
MOST = 24  # sentences
BEGINNING = Choice(BEGIN, "Beginning of the translation", Text(400), "", "Write it, and the model goes on from there.")
RANKING = "In brackets: the geometric mean of its tokens' probabilities, by which beams, the outputs found, are ranked."


def answer(state: State, card: ModelCard, text: str, other: ModelCard | None) -> None:
    """What a translator makes of the text."""
    count = min(len(cut(text)), MOST)
    which = Choice("sentence", "Sentence", Whole(1, count, walks=count > 1, form=f"%d of {count}"), 1)
    beam = Choice("beam", "Other translations", Whole(0, BEAMS - 1), 0, RANKING)
    values = state.take((which, beam, BEGINNING))
    chosen = {which.name: values[which.name], "prefix": values[BEGIN], "choose": values[beam.name]}
    found, fresh = cache.attempted(f"translation {card.name}", lambda: _translated(card, text, count, chosen))
    if found is None:
        return
    result = found[values[which.name] - 1 if fresh else 0]
    if fresh:
        widgets.notes(result.encoded.notes)
    waiting(name_of("text-input", TASK), text if fresh else "")
    with st.container(key=ANSWER):
        _whole(found, result)
        if count > 1:
            control(state, which, values[which.name])
        if other is not None:
            beside.translations(state, result, other)
        looked_at(state, result, values[BEGIN])
        _others(state, result, beam)
        with_text(state)


def _translated(card: ModelCard, text: str, count: int, chosen: dict[str, int | str]) -> list[Translation]:
    """All sentences, one by one; of the chosen one with the chosen beginning and beam."""
    plain = [{"sentence": number} for number in range(1, count + 1)]
    with listening(TASK):
        return [
            cache.translation(card.name, text, BEAMS, **(chosen if each["sentence"] == chosen["sentence"] else each))
            for each in plain
        ]


def _whole(found: Sequence[Translation], shown: Translation) -> None:
    """All sentences in words; with several, the one that is shown stands out."""
    said = [f"**{say.literal(each.text)}**" if each is shown and each.text else say.literal(each.text) for each in found]
    left = shown.sentences - len(found)
    more = f" Of {shown.sentences:,} sentences the first {len(found)} are translated." if left and len(found) > 1 else ""
    seconds = sum(each.seconds for each in found)
    st.markdown(f"Translation: {' '.join(said).strip() or '(nothing)'} {len(shown.tokens)} tokens, in {seconds:.2f} s.{more}")


@st.fragment
def looked_at(state: State, result: Translation, begin: str) -> None:
    """The view that is chosen; runs again alone, and the model only where something else is to be written."""
    if state.texts.get(BEGIN, "") != begin:
        st.rerun(scope="app")
    views = {each.name: each for each in views_of(result)}
    name = next(iter(views))
    if len(views) > 1:
        name = controls(state, [Choice("view", "Look at", OneOf(tuple(views), _title(views)), name)])["view"]
    chosen = view(state, views[name], result)
    if "step" in chosen:
        _instead(state, result, chosen["step"] - 1)
    state.write()


def _title(views: dict[str, View]):  # type: ignore[no-untyped-def,type-arg]
    return lambda name: views[name].title


def _instead(state: State, result: Translation, step: int) -> None:
    """A button for each alternative, which writes it and lets the model go on."""
    st.caption("Write another one here, and let the model go on:")
    before, target = result.outputs[result.chosen].tokens[:step], cache.translator(result.card.name).target
    row = st.container(horizontal=True)
    for rank, each in enumerate(result.alternatives[step]):
        beginning = written((*before, each.token), tokenizer=target, end=END)[0]
        row.button(say.literal(each.text), key=f"text-instead-{rank}", on_click=_begin, args=(state, beginning))


def _begin(state: State, beginning: str) -> None:
    state.put(BEGINNING, beginning)
    state.forget(("beam", "step"))


def _others(state: State, result: Translation, beam: Choice) -> None:
    """The outputs that were most probable as a whole, and a beginning that they are to have."""
    said = [f"{text}  ({math.exp(output.score):.2f})" for text, output in zip(result.texts, result.outputs, strict=True)]
    allowed = OneOf(tuple(range(len(said))), said.__getitem__, listed=True)
    for place, (choice, value) in zip(
        st.columns(2, vertical_alignment="bottom"),
        ((BEGINNING, state.texts.get(BEGIN, "")), (Choice(beam.name, beam.label, allowed, 0, beam.help), result.chosen)),
        strict=True,
    ):
        with place:
            control(state, choice, value)
