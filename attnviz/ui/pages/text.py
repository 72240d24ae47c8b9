"""The Text page: a sentence, the decision, and where the model looked."""

from contextlib import nullcontext

import streamlit as st

from attnviz.cards import ModelCard
from attnviz.encode.text import character_limit
from attnviz.results import TextResult
from attnviz.state import Choice, OneOf
from attnviz.ui import cache, say, widgets
from attnviz.ui.card import view
from attnviz.ui.controls import control
from attnviz.ui.link import with_text
from attnviz.ui.pinning import pinning
from attnviz.ui.state import State
from attnviz.ui.text import beside, drawn, translated
from attnviz.ui.text.finding import finding
from attnviz.ui.text.hiding import guessed, hidden
from attnviz.ui.text.sentence import PRIVATE, name_of, sentence
from attnviz.ui.text.taking import taken
from attnviz.ui.text.waiting import ANSWER, waiting
from attnviz.ui.verdict import verdict
from attnviz.views import glances, pinned, views_of
from attnviz.views.hard import VIEW as HARD
from attnviz.views.self_attention import VIEW as HEADS

# What a visitor can have done, and the tasks of the models that do it.
TASKS = {
    "sentiment": ("Sentiment", ("sentiment", "text-classification")),
    "translation": ("Translation", ("translation",)),
    "words": ("Words", ("masked-word", "next-word", "text-encoder")),
}
TITLES = {
    "sentiment": "Where does it look in a sentence?",
    "translation": "Where does it look while it translates?",
    "words": "Where does a language model look?",
}
FIRST = {"sentiment": "sentiment-minilm", "translation": "translate-bahdanau", "words": "words-masked"}
QUICK = 1_000  # characters that a model which is there reads in no time
TASK = Choice("task", "Task", OneOf(tuple(TASKS), lambda task: TASKS[task][0]), "sentiment")


def page() -> None:
    """Widgets from top to bottom, in the order of a visitor's questions."""
    state = State("text", PRIVATE)
    task = str(state.take((TASK,))[TASK.name])
    widgets.head(TITLES[task])
    control(state, TASK, task)
    card = widgets.model(state, "text", TASKS[task][1], first=FIRST[task])
    text = sentence(state, task, character_limit(card.text.get("max_tokens", 0) if card else 0))
    # Each task answers in a place of its own, so that nobody sees the answer of another task while the model is at work.
    for each in TASKS:
        with st.container() if each == task else st.empty():
            if each == task and card is not None:
                answer(state, task, card, text)
    state.finish()


def answer(state: State, task: str, card: ModelCard, text: str) -> None:
    """What the model makes of the text."""
    other = beside.pick_other(state, card, TASKS[task][1])
    if task == translated.TASK:
        translated.answer(state, card, text, other)
        return
    read, word = hidden(state, card, text)
    slot = f"text {card.name}"
    at_once = cache.had(slot) and len(read) <= QUICK  # a spinner has a thread of its own, which takes longer than such an answer
    with nullcontext() if at_once else st.spinner(f"{say.literal(card.title)} reads the text"):
        result, fresh = cache.attempted(slot, lambda: cache.text(card.name, read))
    if result is None:
        return
    if fresh:
        widgets.notes(result.encoded.notes)
    waiting(name_of("text-input", task), text if fresh else "")
    with st.container(key=ANSWER):
        looked_at(state, task, result, read, other, word)


@st.fragment
def looked_at(state: State, task: str, result: TextResult, text: str, other: ModelCard | None, word: str) -> None:
    """From the decision to the verdict; runs again alone, and the model only for a new seed."""
    found = views_of(result)
    decided = st.container()
    shown = drawn.picked(state, result, result.encoded.text) if HARD in found else taken(state, result, found)
    with decided:
        widgets.decision(shown, "text-decision", len(shown.ranked) if task == "words" else 5)
        if word and shown.ranked:
            guessed(shown, word)
    if other is not None:
        beside.sentences(state, shown, other, text)
    if glances.is_long(result.encoded):
        finding(state, result)
    said = []
    for each in found:
        chosen = view(state, each, shown)
        if (map_ := each.says(shown, chosen)) is not None:
            said.append(map_)
        if each is HEADS:
            pinning(state, pinned.pin(tuple(state.drawn.values()), shown), pinned.exhibits, "a word, a head or the model")
        if each is HARD:
            drawn.many(state, result, shown, chosen["lock"])
    if not found:
        say.info(f"There is no figure for these maps yet. Take the numbers: attnviz map {result.card.name} ... --out maps.npz")
    verdict(state, shown, said)
    with_text(state)
    state.write()
