"""A sentence whose words are tinted by weight and can be clicked, also with the keyboard."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from attnviz.plot.words import Words
from attnviz.ui.looks import TINTS, dark

HERE = Path(__file__).parent

_component = st.components.v2.component(
    "attnviz_words",
    html='<div class="sentence" role="group" aria-label="Words, tinted by attention"></div>',
    css=(HERE / "words.css").read_text(encoding="utf-8"),
    js=(HERE / "words.js").read_text(encoding="utf-8"),
)


def words(figure: Words, key: str, take: Callable[[int], None]) -> None:
    """Draws words; `take` hears which one is clicked."""
    taken = figure.picked or (False,) * len(figure.labels)
    against = figure.against or (False,) * len(figure.labels)
    shown = [
        {"text": text, "tint": tint, "value": number, "special": special, "picked": picked, "against": opposed}
        for text, tint, number, special, picked, opposed in zip(
            figure.labels, figure.tints, figure.numbers, figure.special, taken, against, strict=True
        )
    ]
    data: dict[str, Any] = {
        "words": shown, "locked": figure.locked, "numbers": figure.numbered, "hard": figure.picked is not None,
        **TINTS[dark()]._asdict(),
    }  # fmt: skip
    _component(key=key, data=data, on_clicked_change=lambda: take(int(st.session_state[key]["clicked"])))
