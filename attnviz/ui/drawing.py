"""Hard attention on any page: the most probable picks or some drawn by chance, with a seed, and a hundred draws to compare with."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from attnviz.predict import SEEDS, Samples, resample
from attnviz.results import Prediction
from attnviz.state import Choice, OneOf, Whole
from attnviz.ui import cache
from attnviz.ui.controls import control, held_at
from attnviz.ui.state import State

P = TypeVar("P", bound=Prediction)

PROBABLE, CHANCE = "probable", "drawn"
LABELS = {PROBABLE: "Most probable", CHANCE: "Drawn by chance"}
SEED = Choice("seed", "Seed", Whole(0, SEEDS - 1), 1)
COUNT = 100
FIRST = 0  # the seed of the first of the samples, which are the same whatever seed is looked at


def picked(state: State, what: str, meaning: str, probable: P, drawn: Callable[[int], P]) -> P:
    """The result by how `what` is picked, with controls for that and for the seed; `drawn` runs the model with a seed."""
    how = Choice("picks", f"Which {what} are picked?", OneOf((PROBABLE, CHANCE), LABELS.__getitem__), PROBABLE, meaning)
    values, key = state.take((how, SEED)), state.key(SEED)

    def draw(seed: int) -> None:
        state.put(SEED, seed)
        state.put(how, CHANCE)

    first, second, third = st.columns([2, 1, 1], vertical_alignment="bottom")
    with first:
        control(state, how, values[how.name])
    held_at(key, values[SEED.name])
    second.number_input(
        "Seed", 0, SEEDS - 1, step=1, key=key, on_change=lambda: draw(st.session_state[key]),
        help="The number that chance begins with: the same seed, the same picks.",
    )  # fmt: skip
    by_chance = values[how.name] == CHANCE
    third.button(
        "Resample", key=f"{state.page}-resample", on_click=draw, args=((values[SEED.name] + by_chance) % SEEDS,),
        icon=":material/casino:", width="stretch", help="Draws by chance, with the next seed if what is in sight is drawn already.",
    )  # fmt: skip
    return drawn(values[SEED.name]) if by_chance else probable


def samples(prediction: Prediction, *given: str) -> Samples:
    """A hundred draws for what was given, worked out once; `given` stands for that and for the options of its border."""
    with st.spinner(f"Draws {COUNT} times"):
        return cache.once(
            (prediction.card.name, *given, "samples"),
            lambda: resample(cache.model(prediction.card.name), prediction.encoded, FIRST, COUNT),
        )
