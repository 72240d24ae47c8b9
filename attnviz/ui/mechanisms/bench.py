"""One mechanism at work: formula, input and choices, and beside them the exhibits, which follow while they move."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from attnviz.exhibit import Exhibit
from attnviz.mechanisms import MECHANISMS, Mechanism
from attnviz.results.mechanism import MechanismResult
from attnviz.state import Choice
from attnviz.ui import cache
from attnviz.ui.card import cards, view
from attnviz.ui.controls import controls
from attnviz.ui.link import with_text
from attnviz.ui.mechanisms import about, regression
from attnviz.ui.mechanisms.given import Asked, given, reset
from attnviz.ui.state import State
from attnviz.views import views_of

OTHER = "other-"  # begins the names of choices and exhibits of a second mechanism


@st.fragment
def one(state: State, mechanism: Mechanism) -> None:
    """What it is, and what it does with the input; runs again alone."""
    about.formula(mechanism)
    left, right = st.columns([2, 3], gap="large")
    with left:
        canvas = st.container()
        asked = given(state, mechanism)
        values = controls(state, mechanism.choices)
        about.lineage(mechanism, MECHANISMS)
    result, fresh = worked_out(mechanism, asked, values)
    if not fresh:
        with left:
            reset(state)
    if result is not None:
        shown = views_of(result)[0]
        with right:
            chosen = view(state, shown, result)
        if shown.name == regression.VIEW.name:
            with canvas:
                regression.canvas(state, result, chosen)
    with_text(state)
    state.write()


def second(state: State, mechanism: Mechanism, asked: Asked, ahead: str) -> MechanismResult | None:
    """A mechanism beside another: its choices and exhibits, whose names begin with `ahead`."""
    values = _under(ahead, mechanism.choices)
    chosen = {name.removeprefix(ahead): value for name, value in controls(state, values).items()}
    result, _ = worked_out(mechanism, asked, chosen)
    if result is None:
        return None
    shown = views_of(result)[0]
    own = shown.choices(result)
    of_view = controls(state, _under(ahead, own))
    exhibits = shown.exhibits(result, {name.removeprefix(ahead): value for name, value in of_view.items()})
    cards(state, [_named(each, ahead) for each in exhibits], ())
    return result


def _under(ahead: str, choices: tuple[Choice, ...] | Any) -> list[Choice]:
    return [replace(choice, name=f"{ahead}{choice.name}") for choice in choices]


def _named(exhibit: Exhibit, ahead: str) -> Exhibit:
    return replace(exhibit, name=f"{ahead}{exhibit.name}", width=1.0)


def worked_out(mechanism: Mechanism, asked: Asked, values: Mapping[str, Any]) -> tuple[MechanismResult | None, bool]:
    """The result for the present input, and True; after an error, said in a sentence, the last one of this mechanism."""

    def work() -> MechanismResult:
        made = asked.make()
        key = ("mechanism", mechanism.name, cache.fingerprint("\0".join(asked.key)), *sorted(values.items()))
        return cache.once(key, lambda: MechanismResult.run(mechanism, made.inputs, made.of, made.photo, **values))

    return cache.attempted(f"mechanism {mechanism.name}", work)
