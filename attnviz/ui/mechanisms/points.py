"""Points that can be dragged, or moved with the arrow keys, and a curve that follows them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent


_component = st.components.v2.component(
    "attnviz_points",
    html='<div class="points"><svg role="group" aria-label="Points and curve">'
    '<g class="back"></g><g class="front"></g></svg></div>',
    css=(HERE / "points.css").read_text(encoding="utf-8"),
    js=(HERE / "points.js").read_text(encoding="utf-8"),
)


def dragged(
    key: str,
    points: Sequence[Sequence[float]],
    query: float,
    drawn: dict[str, Any],
    take: Callable[[dict[str, Any]], None],
) -> None:
    """Draws points (point, 2) and what `drawn` holds; `take` hears of moves, with all points, the query and their serial number.

    drawn: `range` (left, right, bottom, top), `x`, `curve` and `near` (place,), `mean`, `answer` at the query, `weights` (point,).
    """
    serials = f"{key}-serial"

    def moved() -> None:
        told = st.session_state[key]["moved"]
        if isinstance(told, dict) and isinstance(told.get("serial"), int):
            st.session_state[serials] = told["serial"]
            take(told)

    places, serial = [list(map(float, point)) for point in points], st.session_state.get(serials, 0)
    _component(key=key, data={**drawn, "points": places, "query": query, "serial": serial}, on_moved_change=moved)
