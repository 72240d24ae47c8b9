"""Choices as widgets: the first three in sight, the rest behind "More"."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from attnviz.state import Choice, OneOf, OnOff, Real, SomeOf, Text, Whole
from attnviz.ui.state import State

IN_SIGHT = 3
BUTTONS = 3  # so many options stand side by side, more in a list
WIDE = 3  # columns of a slider that can be walked along


def controls(state: State, choices: Sequence[Choice]) -> dict[str, Any]:
    """Draws the choices in a row; name -> value."""
    values = state.take(choices)
    shown = [choice for choice in choices if not choice.more][:IN_SIGHT]
    behind = [choice for choice in choices if choice not in shown]
    if not choices:
        return values
    widths = [WIDE if isinstance(choice.allowed, Whole) and choice.allowed.walks else 1 for choice in shown]
    places = st.columns([*widths, *([1] if behind else [])], vertical_alignment="bottom")
    for place, choice in zip(places, shown, strict=False):
        with place:
            control(state, choice, values[choice.name])
    if behind:
        with places[-1].popover("More", width="stretch"):
            for choice in behind:
                control(state, choice, values[choice.name], late=True)
    return values


def control(state: State, choice: Choice, value: Any, late: bool = False) -> None:
    """The widget of one choice, at this value.

    What lies in a popover is drawn when that opens, and hears only of a value that was set in the newest run, so `late` ones are
    set in every run. Others are set where they differ: a slider is not to be pulled back while it is dragged.
    """
    key = state.key(choice)
    if late or st.session_state.get(key, ...) != value:
        st.session_state[key] = value
    options = {"key": key, "help": choice.help or None, "on_change": lambda: state.put(choice, st.session_state[key])}
    WIDGETS[type(choice.allowed)](choice, choice.allowed, options)
    if isinstance(choice.allowed, Whole) and choice.allowed.walks:
        _arrows(state, choice, choice.allowed, value)


def _one_of(choice: Choice, allowed: OneOf, options: dict[str, Any]) -> None:
    if len(allowed.values) <= BUTTONS:
        st.segmented_control(choice.label, allowed.values, format_func=allowed.says, required=True, **options)
    else:
        st.selectbox(choice.label, allowed.values, format_func=allowed.says, **options)


def _whole(choice: Choice, allowed: Whole, options: dict[str, Any]) -> None:
    if allowed.low < allowed.high:
        st.slider(choice.label, allowed.low, allowed.high, format=allowed.form, **options)


def _arrows(state: State, choice: Choice, allowed: Whole, value: int) -> None:
    """One back and one on."""
    row = st.container(horizontal=True)
    for sign, by, said in (("←", -1, "One back"), ("→", 1, "One on")):
        there = min(max(allowed.low, value + by), allowed.high)
        row.button(sign, key=f"{state.key(choice)}-{by}", help=said, on_click=state.put, args=(choice, there))


def _real(choice: Choice, allowed: Real, options: dict[str, Any]) -> None:
    places = len(f"{allowed.step:.6f}".rstrip("0").partition(".")[2])
    st.slider(choice.label, allowed.low, allowed.high, step=allowed.step, format=f"%.{places}f", **options)


def _some_of(choice: Choice, allowed: SomeOf, options: dict[str, Any]) -> None:
    st.multiselect(choice.label, allowed.values, format_func=allowed.says, max_selections=allowed.most, **options)


def _on_off(choice: Choice, allowed: OnOff, options: dict[str, Any]) -> None:  # noqa: ARG001  (all are handed the same)
    st.toggle(choice.label, **options)


def _text(choice: Choice, allowed: Text, options: dict[str, Any]) -> None:
    st.text_input(choice.label, max_chars=allowed.longest, **options)


# The widget of a choice by what it allows.
WIDGETS: dict[type, Callable[[Choice, Any, dict[str, Any]], None]] = {
    OneOf: _one_of, Whole: _whole, Real: _real, SomeOf: _some_of, OnOff: _on_off, Text: _text,
}  # fmt: skip
