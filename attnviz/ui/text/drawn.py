"""Hard attention on the Text page: the most probable picks or some drawn by chance, and a hundred draws to compare with."""

import streamlit as st

from attnviz.predict import SEEDS
from attnviz.results import TextResult
from attnviz.state import Choice, OneOf, Whole
from attnviz.ui import cache, drawing
from attnviz.ui.card import cards
from attnviz.ui.controls import control, held_at
from attnviz.ui.state import State
from attnviz.views import draws

PROBABLE, CHANCE = "probable", "drawn"
LABELS = {PROBABLE: "Most probable", CHANCE: "Drawn by chance"}
MEANING = (
    "Most probable: the words with odds above one half. Drawn by chance: for each word a coin is tossed that "
    "falls on “picked” with the word's odds."
)
HOW = Choice("picks", "Which words are picked?", OneOf((PROBABLE, CHANCE), LABELS.__getitem__), PROBABLE, MEANING)
SEED = Choice("seed", "Seed", Whole(0, SEEDS - 1), 1)


def picked(state: State, probable: TextResult, text: str) -> TextResult:
    """The result by how words are picked, with controls for that and for the seed; a new seed runs the model once."""
    values, key = state.take((HOW, SEED)), state.key(SEED)
    how, seed, button = st.columns([2, 1, 1], vertical_alignment="bottom")
    with how:
        control(state, HOW, values[HOW.name])
    held_at(key, values[SEED.name])
    seed.number_input(
        "Seed", 0, SEEDS - 1, step=1, key=key, on_change=lambda: _draw(state, st.session_state[key]),
        help="The number that chance begins with: the same seed, the same picks.",
    )  # fmt: skip
    drawn = values[HOW.name] == CHANCE
    button.button(
        "Resample", key="text-resample", on_click=_draw, args=(state, (values[SEED.name] + drawn) % SEEDS),
        icon=":material/casino:", width="stretch", help="Draws by chance, with the next seed if what is in sight is drawn already.",
    )  # fmt: skip
    return cache.text(probable.card.name, text, seed=values[SEED.name]) if drawn else probable


def _draw(state: State, seed: int) -> None:
    state.put(SEED, seed)
    state.put(HOW, CHANCE)


def many(state: State, probable: TextResult, shown: TextResult, lock: int) -> None:
    """What a hundred draws would have decided, beside the result that is shown."""
    samples = drawing.samples(probable, probable.encoded.text)
    cards(state, draws.exhibits(shown, samples, drawing.FIRST, lock))
