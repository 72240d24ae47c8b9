"""Who looks where: rows are queries, columns are keys."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go

from attnviz.maps import AttentionMap
from attnviz.plot.drawn import drawn
from attnviz.plot.style import GREY, HUES, WHAT, colour_bar, fade
from attnviz.weights import Floats

MAX_CELLS = 256
CELL = 26
MIN_HEIGHT, MAX_HEIGHT = 260, 720
MAX_LABELS = 70
# Labels for which an axis has room.
ACROSS, DOWN = 34, 48
LONGEST = 24


def heatmap(m: AttentionMap, top: float = 1.0, locked: int | None = None) -> go.Figure:
    """A map with axes (query, key) as a heatmap; `top` is the end of the scale, `locked` a query whose row is framed.

    At most 256 x 256 cells: what is longer is cut there, so pool or window it first.
    """
    weights = m.dense()[:MAX_CELLS, :MAX_CELLS]
    rows, columns = (distinct(m.labels.get(axis, ()), length) for axis, length in zip(("query", "key"), weights.shape, strict=True))
    cells = {
        "zmin": 0, "zmax": top, "colorscale": fade(HUES[m.norm]), "colorbar": colour_bar(m.norm, top),
        "hovertemplate": "%{y} → %{x}<br>" + WHAT[m.norm] + " %{z:.4f}<extra></extra>",
    }  # fmt: skip
    frame = {"type": "rect", "x0": -0.5, "x1": len(columns) - 0.5, "line": {"color": GREY, "width": 2}}
    shapes = [] if locked is None else [{**frame, "y0": locked - 0.5, "y1": locked + 0.5}]
    return grid(weights, rows, columns, cells, shapes=shapes)


def grid(weights: Floats, rows: list[str], columns: list[str], cells: Mapping[str, Any], **layout: Any) -> go.Figure:
    """(row, column) weights with names downwards and across the top, as many as there is room for, and a height that fits them.

    `cells`: the properties of the heatmap.
    """
    labelled = max(len(rows), len(columns)) <= MAX_LABELS
    axis = {
        "showgrid": False, "zeroline": False, "ticks": "", "showticklabels": labelled, "type": "category", "automargin": True,
        "tickmode": "linear",
    }  # fmt: skip
    trace = {"type": "heatmap", "z": np.ascontiguousarray(weights), "x": columns, "y": rows, "xgap": 1, "ygap": 1, **cells}
    return drawn(
        [trace], min(MAX_HEIGHT, max(MIN_HEIGHT, 90 + CELL * len(rows))),
        xaxis={**axis, "side": "top", "tickangle": -45 if len(columns) > 6 else 0, "dtick": _step(columns, ACROSS)},
        yaxis={**axis, "autorange": "reversed", "dtick": _step(rows, DOWN)}, **layout,
    )  # fmt: skip


def _step(labels: list[str], room: int) -> int:
    """Every how many positions there is room for a label on a screen; a page may leave out more on a phone."""
    return max(1, -(-len(labels) // room))


def distinct(labels: tuple[str, ...], length: int) -> list[str]:
    """Labels for a category axis: the same word twice gets an invisible mark, or the axis would merge the two."""
    seen: Counter[str] = Counter()
    names = []
    for label in labels[:length] or tuple(str(i) for i in range(length)):
        short = shortened(label)
        names.append(as_text(short) + "\u200b" * seen[short])
        seen[short] += 1
    return names


def shortened(label: str) -> str:
    """A label of at most LONGEST characters; what is longer ends in an ellipsis."""
    return label if len(label) <= LONGEST else label[: LONGEST - 1] + "…"


def as_text(label: str) -> str:
    """A label that Plotly shows letter by letter: it would read <b> or <a href> as markup."""
    return label.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
