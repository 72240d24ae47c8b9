"""Stage mode: one exhibit fills the window, with letters that are read from the last row, and keys that walk through the model."""

from collections.abc import Callable, Mapping, Sequence
from math import sqrt
from pathlib import Path
from typing import Any

import streamlit as st

from attnviz.exhibit import Exhibit
from attnviz.plot import Words
from attnviz.plot.dressed import LEAST, STARK, Stage
from attnviz.state import Choice, OneOf, Whole
from attnviz.ui import say
from attnviz.ui.looks import dark
from attnviz.ui.state import EXHIBIT, STAGE, State

HERE = Path(__file__).parent
# What the arrow keys walk along: for each pair of keys the first of these that a view has, and no other pair took.
WALKS = {"down": ("layer", "block", "head", "sentence"), "across": ("step", "head", "channel")}
SIZE = (1280, 720)  # of a window, until it says its own
READ = 32  # so many lines of letters fill a window
WIDE = 44  # and so many letters a line, at least
LETTER = 0.46  # how wide a letter is, of its height
LINE = 1.4
AROUND = 4.4  # title and keys, in letters
LARGEST, WORDS = 2.2, 0.2  # a sentence: how large its letters may be, of the others, and what share of the room they cover
PAD, GAP = 28, 16
FOOT = 4.2  # the legend below a map, in letters
LEAST_SHARE = 0.5  # of the window that figures have

_component = st.components.v2.component(
    "attnviz_stage",
    html='<div class="bar" role="toolbar" aria-label="Stage"></div>',
    css=(HERE / "stage.css").read_text(encoding="utf-8"),
    js=(HERE / "stage.js").read_text(encoding="utf-8"),
)
_STYLE = (HERE / "staged.css").read_text(encoding="utf-8")


def take(state: State) -> str | None:
    """Which exhibit of a page is on the stage, "" for the one that says most; None where there is no stage."""
    values = state.take((STAGE, EXHIBIT))
    return str(values[EXHIBIT.name]) if values[STAGE.name] else None


def enter(state: State, name: str) -> None:
    """Puts an exhibit on the stage; for callbacks."""
    state.put(STAGE, True)
    state.put(EXHIBIT, name)


def leave(state: State) -> None:
    """Back to the page; for callbacks."""
    state.put(STAGE, False)
    state.forget((EXHIBIT.name,))


def staged(state: State, exhibit: Exhibit, choices: Mapping[str, Choice], draw: Callable[[Stage], None]) -> None:
    """One exhibit over the whole window; `draw` draws its figures for the room that they have."""
    key = f"{state.page}-bar"
    width, height = _size(key)
    letters = max(LEAST + 5, min(height / READ, width / WIDE))
    room = _room(exhibit, width, height, letters)
    sizes = {
        "letters": letters, "words": _words(exhibit, room), "picture": min(room.width, room.height - FOOT * letters),
        "ink": STARK[dark()],
    }  # fmt: skip
    variables = "; ".join(f"--{name}: {value if isinstance(value, str) else f'{value:.0f}px'}" for name, value in sizes.items())
    with st.container(key="stage"):
        st.html(f"<style>{_STYLE} .st-key-stage {{ {variables} }}</style>")
        st.subheader(say.literal(exhibit.title), anchor=False)
        draw(room)
        say.caption(exhibit.text)
        _bar(state, key, _walks(choices), (width, height))


def _size(key: str) -> tuple[float, float]:
    """Of the visitor's window, as far as it said that."""
    width, height = (st.session_state.get(key) or {}).get("size") or SIZE
    return float(width), float(height)


def _room(exhibit: Exhibit, width: float, height: float, letters: float) -> Stage:
    """What title, caption and keys leave for each of the figures."""
    inner = width - 2 * PAD
    lines = -(-len(exhibit.text) * LETTER * letters // inner)
    left = height - 2 * PAD - (AROUND + lines * LINE) * letters - 3 * GAP
    many = max(1, len(exhibit.figures))
    return Stage((inner - (many - 1) * GAP) / many, max(left, LEAST_SHARE * height), letters)


def _words(exhibit: Exhibit, room: Stage) -> float:
    """How large the letters of a sentence are, so that it fills its room without leaving it."""
    count = sum(len(label) + 2 for figure in exhibit.figures if isinstance(figure, Words) for label in figure.labels)
    fills = sqrt(WORDS * room.width * room.height / max(count, 1))
    return max(room.letters, min(LARGEST * room.letters, fills))


def _walks(choices: Mapping[str, Choice]) -> dict[str, Choice]:
    """Pair of keys -> what it walks along."""
    found: dict[str, Choice] = {}
    for pair, names in WALKS.items():
        taken = [choice.name for choice in found.values()]
        name = next((name for name in names if name in choices and name not in taken), None)
        if name is not None and len(_stops(choices[name])) > 1:
            found[pair] = choices[name]
    return found


def _stops(choice: Choice) -> Sequence[Any]:
    """The values of a choice, in order; none of one that has no order."""
    match choice.allowed:
        case OneOf(values=values):
            return values
        case Whole(low=low, high=high):
            return range(low, high + 1)
        case _:
            return ()


def _bar(state: State, key: str, walks: Mapping[str, Choice], size: tuple[float, float]) -> None:
    """What the keys do, as buttons too; a browser says where it walked to with all pairs, so that no fast press is lost."""
    serials = f"{key}-serial"
    now = {pair: state.take((choice,))[choice.name] for pair, choice in walks.items()}
    data = {
        "walks": [
            {"pair": pair, "name": choice.label, "stops": [_said(choice, stop) for stop in _stops(choice)],
             "at": list(_stops(choice)).index(now[pair])}
            for pair, choice in walks.items()
        ],
        "serial": st.session_state.get(serials, 0), "size": list(size),
    }  # fmt: skip

    def walked() -> None:
        told = st.session_state[key]["walked"]
        st.session_state[serials] = int(told["serial"])
        for pair, choice in walks.items():
            stops = _stops(choice)
            state.put(choice, stops[min(max(int(told["at"][pair]), 0), len(stops) - 1)])

    _component(
        key=key, data=data, default={"size": list(size)}, on_walked_change=walked, on_left_change=lambda: leave(state),
        on_size_change=lambda: None,
    )  # fmt: skip


def _said(choice: Choice, stop: Any) -> str:
    return choice.allowed.says(stop) if isinstance(choice.allowed, OneOf) else str(stop)
