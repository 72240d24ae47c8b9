"""The controls that a mechanism declares, as widgets: the first three in sight, the rest behind "More"."""

from typing import Any

import streamlit as st

from attnviz.mechanisms import Choice, Control, Mechanism, Slider, Toggle

IN_SIGHT = 3
KEPT, FIRST = "mechanism-values", "mechanism-first"


def key_of(mechanism: Mechanism, control: Control, side: str) -> str:
    """The key of a control's widget; `side` tells two mechanisms on one page apart."""
    return f"mechanism-{side}-{mechanism.name}-{control.name}"


def controls(mechanism: Mechanism, side: str) -> dict[str, Any]:
    """Draws them in a row; name -> value."""
    shown, more = mechanism.controls[:IN_SIGHT], mechanism.controls[IN_SIGHT:]
    values: dict[str, Any] = {}
    if not shown:
        return values
    columns = st.columns(len(shown) + bool(more), vertical_alignment="bottom")
    for column, control in zip(columns, shown, strict=False):
        key = key_of(mechanism, control, side)
        st.session_state.setdefault(key, _kept().get(key, _first(control)))
        with column:
            values[control.name] = _kept()[key] = _DRAW[type(control)](control, key)
    if more:
        with columns[-1].popover("More", width="stretch"):
            values |= {control.name: _late(control, key_of(mechanism, control, side)) for control in more}
    return values


def _kept() -> dict[str, Any]:
    """What a visitor left the controls at, also those of mechanisms that are not open."""
    kept: dict[str, Any] = st.session_state.setdefault(KEPT, {})
    return kept


def _late(control: Control, key: str) -> Any:
    """A widget in a popover, which would not hear of a value that was set: its first one comes with the call, and stays."""
    first: dict[str, Any] = st.session_state.setdefault(FIRST, {})
    if key not in st.session_state:
        first[key] = _kept().get(key, _first(control))
    _kept()[key] = _DRAW[type(control)](control, key, first[key])
    return _kept()[key]


def _first(control: Control) -> Any:
    """What it begins with; a slider over whole numbers wants one."""
    return int(control.value) if isinstance(control, Slider) and _whole(control) else control.value


def _whole(control: Slider) -> bool:
    return all(float(number).is_integer() for number in (control.low, control.high, control.step))


def _slider(control: Slider, key: str, value: float | None = None) -> float:
    low, high, step = control.low, control.high, control.step
    if _whole(control):
        return st.slider(control.label, int(low), int(high), None if value is None else int(value), int(step), key=key)
    places = len(f"{step:.6f}".rstrip("0").partition(".")[2])
    first = None if value is None else float(value)
    return st.slider(control.label, float(low), float(high), first, float(step), f"%.{places}f", key=key)


def _choice(control: Choice, key: str, value: str | None = None) -> str:
    return str(st.segmented_control(control.label, control.options, default=value, key=key, required=True))


def _toggle(control: Toggle, key: str, value: bool | None = None) -> bool:
    return st.toggle(control.label, bool(value), key=key)


_DRAW: dict[type, Any] = {Slider: _slider, Choice: _choice, Toggle: _toggle}
