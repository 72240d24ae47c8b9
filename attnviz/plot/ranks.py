"""Places ranked by a number, as bars that can be clicked: heads by what they do."""

from collections.abc import Sequence

import plotly.graph_objects as go

from attnviz.plot.bars import SMALL
from attnviz.plot.drawn import drawn
from attnviz.plot.style import BLUE, GREY, ORANGE


def ranks(
    names: Sequence[str], values: Sequence[float], places: Sequence[Sequence[object]], chosen: int | None = None
) -> go.Figure:
    """Bars in the order given, orange below 0; a click selects a point whose customdata is its place. `chosen` is framed."""
    low, high = min(0.0, *values), max(1e-9, *values)
    room = 0.2 * (high - low)
    digits = ".3f" if max(high, -low) > SMALL else ".2g"
    lines = [3 if i == chosen else 0 for i in range(len(values))]
    bars = {
        "type": "bar", "x": list(values), "y": list(names), "orientation": "h", "customdata": [list(place) for place in places],
        "marker": {
            "color": [f"rgb({BLUE if value >= 0 else ORANGE})" for value in values], "line": {"color": GREY, "width": lines},
        },
        "text": [f"{value:{digits}}" for value in values], "textposition": "outside", "cliponaxis": False,
        "hovertemplate": "%{y}: %{x:.4f}<extra></extra>", "unselected": {"marker": {"opacity": 1}},
    }  # fmt: skip
    return drawn(
        [bars], 40 + 24 * len(values), bargap=0.25, clickmode="event+select",
        xaxis={"range": [low - room * (low < 0), high + room], "fixedrange": True, "exponentformat": "none", "nticks": 5},
        yaxis={"type": "category", "autorange": "reversed", "fixedrange": True, "ticks": ""},
    )  # fmt: skip
