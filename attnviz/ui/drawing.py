"""Hard attention on any page: the most probable picks or some drawn by chance, with a seed, and a hundred draws to compare with."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from attnviz.predict import SEEDS, Samples, resample
from attnviz.results import Prediction
from attnviz.ui import cache
from attnviz.ui.cache import once

PROBABLE, DRAWN = "Most probable", "Drawn by chance"
COUNT = 100
FIRST = 0  # the seed of the first of the samples, which are the same whatever seed is looked at


def how_key(name: str) -> str:
    """Where the choice between most probable and drawn is kept."""
    return f"{name}-how"


def seed_key(name: str) -> str:
    """Where the seed is kept."""
    return f"{name}-seed"


def defaults(name: str) -> Mapping[str, Any]:
    """What the controls begin with."""
    return {how_key(name): PROBABLE, seed_key(name): 1}


def controls(name: str, question: str, meaning: str) -> int | None:
    """How something is picked, with which seed, and a button for the next one. The seed, or None for the most probable picks.

    `name` begins the keys of the widgets; `meaning` says what the two ways are.
    """
    how, seed, button = st.columns([2, 1, 1], vertical_alignment="bottom")
    how.segmented_control(question, [PROBABLE, DRAWN], key=how_key(name), required=True, help=meaning)
    seed.number_input(
        "Seed", 0, SEEDS - 1, step=1, key=seed_key(name), on_change=_draw, args=(name,),
        help="The number that chance begins with: the same seed, the same picks."
    )  # fmt: skip
    button.button(
        "Resample", key=f"{name}-resample", on_click=_next, args=(name,), icon=":material/casino:", width="stretch",
        help="Draws by chance, with the next seed if what is in sight is drawn already.",
    )  # fmt: skip
    return int(st.session_state[seed_key(name)]) if st.session_state[how_key(name)] == DRAWN else None


def _draw(name: str) -> None:
    st.session_state[how_key(name)] = DRAWN


def _next(name: str) -> None:
    if st.session_state[how_key(name)] == DRAWN:
        st.session_state[seed_key(name)] = (int(st.session_state[seed_key(name)]) + 1) % SEEDS
    _draw(name)


def samples(prediction: Prediction, given: str | bytes, *options: object) -> Samples:
    """A hundred draws for what was given, worked out once; `options` are those of its border."""
    with st.spinner(f"Draws {COUNT} times"):
        return once(
            (prediction.card.name, cache.fingerprint(given), *options, "samples"),
            lambda: resample(cache.model(prediction.card.name), prediction.encoded, FIRST, COUNT),
        )
