"""A photo on a page: its places say their numbers, and a point is picked with the pointer, a finger, or the arrow keys."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from attnviz.plot import Picture

HERE = Path(__file__).parent
DIGITS = 3  # of a point's shares

_component = st.components.v2.component(
    "attnviz_picture",
    html='<div class="photo"><img alt=""><div class="patch" hidden></div><div class="said" role="status" hidden></div></div>',
    css=(HERE / "picture.css").read_text(encoding="utf-8"),
    js=(HERE / "picture.js").read_text(encoding="utf-8"),
)


def picture(figure: Picture, key: str, take: Callable[[float, float], None] | None) -> None:
    """Draws a picture; `take` hears where it is clicked, as shares of its height and width, and is None where nothing follows."""
    rows, columns = figure.places
    at = list(figure.at or (rows // 2, columns // 2))
    moving = f" {rows} x {columns} places, now row {at[0]}, column {at[1]}. Click one, or go with the arrow keys."
    data: dict[str, Any] = {
        "picture": figure.url, "rows": rows, "columns": columns, "place": at, "framed": figure.at is not None,
        "says": list(figure.says), "clicked": take is not None, "label": figure.label + (moving if take else ""),
    }  # fmt: skip
    _component(key=key, data=data, on_clicked_change=lambda: _clicked(st.session_state[key]["clicked"], take))


def _clicked(clicked: Any, take: Callable[[float, float], None] | None) -> None:
    """What a browser sent is brought to where a photo has points."""
    down, across = (round(min(max(0.0, float(share)), 1.0), DIGITS) for share in clicked)
    if take is not None:
        take(down, across)
