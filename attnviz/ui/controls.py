"""Choices as widgets: the first three in sight, the rest behind "More"."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from attnviz.state import Choice, OneOf, OnOff, Real, SomeOf, Text, Whole, Window
from attnviz.ui.state import State

IN_SIGHT = 3
BUTTONS = 3  # so many options stand side by side, more in a list
WIDE = 3  # columns of a slider that can be walked along, and of a window
ENDS = ("Rows from", "Rows to", "Columns from", "Columns to")


def controls(state: State, choices: Sequence[Choice]) -> dict[str, Any]:
    """Draws the choices in a row, but for those that are clicked on a figure; name -> value."""
    values = state.take(choices)
    drawn = [choice for choice in choices if not choice.clicked]
    shown = [choice for choice in drawn if not choice.more][:IN_SIGHT]
    behind = [choice for choice in drawn if choice not in shown]
    if not drawn:
        return values
    widths = [WIDE if _wide(choice) else 1 for choice in shown]
    places = st.columns([*widths, *([1] if behind else [])], vertical_alignment="bottom")
    for place, choice in zip(places, shown, strict=False):
        with place:
            control(state, choice, values[choice.name])
    if behind:
        with places[-1].popover("More", width="stretch"):
            for choice in behind:
                control(state, choice, values[choice.name], late=True)
    return values


def _wide(choice: Choice) -> bool:
    return isinstance(choice.allowed, Window) or (isinstance(choice.allowed, Whole) and choice.allowed.walks)


def control(state: State, choice: Choice, value: Any, late: bool = False) -> None:
    """The widget of one choice, at this value.

    What lies in a popover is drawn when that opens, and hears only of a value that was set in the newest run, so `late` ones are
    set in every run. Others are set where they differ: a slider is not to be pulled back while it is dragged.
    """
    key = state.key(choice)
    held_at(key, value, late)
    options = {"key": key, "help": choice.help or None, "on_change": lambda: state.put(choice, st.session_state[key])}
    WIDGETS[type(choice.allowed)](choice, choice.allowed, options)
    if isinstance(choice.allowed, Whole) and choice.allowed.walks:
        _arrows(state, choice, choice.allowed, value)


def held_at(key: str, value: Any, always: bool = False) -> None:
    """A widget's value, set where it differs: one that is set is taken from the visitor who is about to change it."""
    if always or st.session_state.get(key, ...) != value:
        st.session_state[key] = value


def _one_of(choice: Choice, allowed: OneOf, options: dict[str, Any]) -> None:
    if len(allowed.values) <= BUTTONS and not allowed.listed:
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


def _window(choice: Choice, allowed: Window, options: dict[str, Any]) -> None:  # noqa: ARG001
    """First and last row and column, as numbers."""
    whole = options["key"]
    keys = [f"{whole}-{end}" for end in range(len(ENDS))]

    def typed() -> None:
        ends = [st.session_state[key] for key in keys]
        st.session_state[whole] = allowed.fitted((ends[0], ends[1]), (ends[2], ends[3]))
        options["on_change"]()

    ends = [end for part in st.session_state[whole] for end in (part[0], part[-1])]
    for place, name, key, end in zip(st.columns(len(ENDS)), ENDS, keys, ends, strict=True):
        st.session_state[key] = end
        place.number_input(name, 0, allowed.length - 1, step=1, key=key, on_change=typed)


# The widget of a choice by what it allows.
WIDGETS: dict[type, Callable[[Choice, Any, dict[str, Any]], None]] = {
    OneOf: _one_of, Whole: _whole, Real: _real, SomeOf: _some_of, OnOff: _on_off, Text: _text, Window: _window,
}  # fmt: skip
