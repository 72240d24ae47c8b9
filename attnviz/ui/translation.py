"""A sentence, its translation written word by word, and where the model looked for each word."""

import math
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

import numpy as np
import streamlit as st

from attnviz import plot
from attnviz.cards import ModelCard
from attnviz.encode import Word
from attnviz.encode.translation import written as spelled
from attnviz.explain import shown_words
from attnviz.explain.sides import Window, by_side, windows
from attnviz.maps import AttentionMap
from attnviz.nets.translator import END
from attnviz.translate import Translation
from attnviz.ui import cache, compare, say, widgets
from attnviz.ui.words import words
from attnviz.views.sentence import of_words

PREFIX, BEAM, STEP = "translation-prefix", "translation-beam", "translation-step"
KIND, LAYER, HEAD, MERGE = "translation-kind", "translation-layer", "translation-head", "translation-merge"
DEFAULTS = {KIND: "decoder.*.cross_attention", LAYER: 2, HEAD: -1}
BEAMS = 4
KINDS = {
    "decoder.*.cross_attention": "Output looks at source",
    "decoder.*.self_attention": "Output looks at itself",
    "encoder.*.self_attention": "Source looks at itself",
}
MEAN = -1


def view(card: ModelCard, text: str, other: ModelCard | None = None) -> None:
    """From the translation to the map of each of its words, and to that of another model."""
    widgets.remember({PREFIX: None})
    with st.spinner(f"{say.literal(card.title)} translates"):
        result, fresh = widgets.attempt(lambda: _translated(card, text), card.name)
    if result is None:
        return
    assert isinstance(result, Translation)
    if fresh:
        widgets.notes(result.encoded.notes)
    steps(result, other)


def _translated(card: ModelCard, text: str) -> Translation:
    """The chosen beam of this text; a change of text or beginning goes back to the best one."""
    prefix = str(st.session_state.get(PREFIX) or "")
    about = (card.name, text, prefix)
    if st.session_state.get("translation-about") != about:
        st.session_state["translation-about"] = about
        st.session_state[BEAM] = 0
    return cache.translation(card.name, text, prefix=prefix, beams=BEAMS, choose=int(st.session_state.get(BEAM) or 0))


@st.fragment
def steps(result: Translation, other: ModelCard | None) -> None:
    """The output with a step chosen, its map, and what else could have been written; runs again alone."""
    merge = bool(st.session_state.get(MERGE, True))
    written = shown_words(result.words, result.tokens, merge)
    step = _step(len(written))
    output(result, written, step)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        matrix(result, written, step, merge)
    with right:
        alternatives(result, written[step])
        beams(result)
    if other is not None:
        compare.translations(result, other)
    widgets.keep({PREFIX: None, **DEFAULTS})


def _step(length: int) -> int:
    """The chosen step; it stays within the output when another one is written."""
    st.session_state[STEP] = min(int(st.session_state.get(STEP) or 1), length)
    return int(st.session_state[STEP]) - 1


def output(result: Translation, written: Sequence[Word], step: int) -> None:
    """The translation as words that can be clicked, a slider over its steps, and the beginning that it is to have."""
    st.markdown(
        f"Translation: **{say.literal(result.text) or '(nothing)'}**, {len(result.tokens)} tokens, "
        f"one pass over them in {result.seconds * 1000:.0f} ms"
    )
    chances = np.array([result.chance(word) for word in written], dtype=np.float32)
    labels, special, _ = of_words(written)
    words(plot.Words(labels, chances, special, (), step), "translation-output", _go)
    st.caption(
        "Numbers and tint: the probability of each word after those before it. Click a word, or move the slider, to see its step."
    )
    slider, beginning = st.columns([1, 1], gap="medium", vertical_alignment="bottom")
    if len(written) > 1:
        slider.slider("Step", 1, len(written), key=STEP, format=f"%d of {len(written)}")
    if (
        beginning.text_input("Beginning of the translation", key=PREFIX, placeholder="Write it, and the model goes on")
        != (st.session_state["translation-about"][2])
    ):
        st.rerun(scope="app")


def _go(step: int) -> None:
    st.session_state[STEP] = step + 1


def matrix(result: Translation, written: Sequence[Word], step: int, merge: bool) -> None:
    """The map of the chosen layer and head as a card, and above it the source as the step sees it."""
    st.subheader("Where it looked for each word", anchor=False)
    m, place = chosen(result)
    read = shown_words(result.encoded.words, result.encoded.tokens, merge)
    sides = {"source": read, "output": written, "input": _shifted(result, written)}
    axes = _sides(result, m)
    shown = by_side(m, sides[axes[0]], sides[axes[1]])
    row = step if axes[0] == "output" else None
    if row is not None:
        special = tuple(word.special for word in read)
        words(plot.Words(shown.labels["key"], shown.dense()[row], special), "translation-source", lambda _: None)
        say.caption(f"The source as “{written[step].text}” saw it: the strongest tint is the largest weight.")
    chances = [result.chance(word) for word in written] if row is not None else [math.nan] * len(shown.labels["query"])
    figure = plot.alignment(shown, chances, row, local(result, written, read)) if row is not None else plot.heatmap(shown)
    caption = _caption(result, shown, place)
    widgets.map_card(shown, figure, caption, result, "translation-map")
    st.toggle("Merge sub-words into words", True, key=MERGE)


def _shifted(result: Translation, written: Sequence[Word]) -> list[Word]:
    """The decoder's input: [START], then the output without its last token."""
    last = len(result.tokens) - 1
    moved = [replace(word, positions=tuple(i + 1 for i in word.positions if i < last)) for word in written]
    return [Word("[START]", (0,), True), *(word for word in moved if word.positions)]


def _sides(result: Translation, m: AttentionMap) -> tuple[str, ...]:
    """Of which sentence the rows and columns of a map are."""
    names = {result.encoded.tokens: "source", result.tokens: "output"}
    return tuple(names.get(m.labels[axis], "input") for axis in m.axes)


def chosen(result: Translation) -> tuple[AttentionMap, str]:
    """The map of the chosen layer and head, and what to call its place; nets without heads have one map."""
    if "attention" in result.tape.layers:
        return result.tape["attention"], "Attention"
    widgets.remember(DEFAULTS)  # here, where they are drawn: set earlier, a value would outlive its widget
    kind = str(st.segmented_control("Attention", list(KINDS), format_func=KINDS.__getitem__, key=KIND, required=True))
    maps = [m for m in result.tape if fnmatchcase(m.layer, kind)]
    first, second = st.columns(2)
    layer = int(first.selectbox("Layer", range(len(maps)), key=LAYER))
    names = [MEAN, *range(maps[0].size("head"))]
    head = int(
        second.selectbox("Head", names, format_func=lambda head: f"Head {head}" if head != MEAN else "Mean of all heads", key=HEAD)
    )
    place = f"{KINDS[kind]}, layer {layer}"
    if head == MEAN:
        return maps[layer].mean_of_heads(), place
    return maps[layer].at_head(head), f"{place}, head {head}"


def local(result: Translation, written: Sequence[Word], read: Sequence[Word]) -> list[Window]:
    """The windows of local attention; none for other mechanisms."""
    if "attention.centre" not in result.tape.layers:
        return []
    return windows(result.tape["attention.centre"].dense(), float(result.card.config["reach"]), written, read)


def _caption(result: Translation, m: AttentionMap, place: str) -> str:
    said = plot.caption(m, result.card.name, result.seconds, place)
    if "attention.centre" in result.tape.layers:
        said += (
            " Bar: the centre that the model predicted. Dotted: the window; outside of it every weight is 0."
            " A merged word has the windows of its sub-words together, and the mean of their centres."
        )
    return said


def alternatives(result: Translation, word: Word) -> None:
    """What else the model could have written at the step, each a button that writes it and lets the model go on."""
    first = word.positions[0]
    st.subheader(f"What could stand here, where “{say.literal(word.text)}” does", anchor=False)
    ranked = result.alternatives[first]
    chances = [(each.text, each.probability) for each in ranked]
    widgets.chart(plot.probabilities(chances), "translation-alternatives", ", ".join(f"{name} {p:.3f}" for name, p in chances))
    before = result.outputs[result.chosen].tokens[:first]
    row = st.container(horizontal=True)
    for rank, each in enumerate(ranked):
        begin = (result.card.name, (*before, each.token))
        row.button(say.literal(each.text), key=f"translation-instead-{rank}", on_click=_begin, args=begin)
    st.caption("The most probable tokens, words or beginnings of words. A click writes one, and the model goes on from there.")


def _begin(name: str, ids: tuple[int, ...]) -> None:
    """Makes these tokens the beginning of the translation."""
    st.session_state[PREFIX] = spelled(ids, tokenizer=cache.translator(name).target, end=END)[0]


def beams(result: Translation) -> None:
    """The outputs that were most probable as a whole; another one can be looked at."""
    st.subheader("Other translations", anchor=False)
    scores = [f"{text}  ({math.exp(output.score):.2f})" for text, output in zip(result.texts, result.outputs, strict=True)]
    picked = st.radio("Beams, best first", range(len(scores)), index=result.chosen, format_func=lambda i: say.literal(scores[i]))
    st.caption("In brackets: the geometric mean of its tokens' probabilities, by which beams are ranked.")
    if picked != result.chosen:
        st.session_state[BEAM] = picked
        st.rerun(scope="app")
