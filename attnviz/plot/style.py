"""Colours that say what kind of number is drawn, and the look that all figures share.

Scales start transparent, so that zero is the page's own background in light and in dark. One hue, rising evenly in
strength, reads the same with any colour vision.
"""

from typing import Any

import plotly.graph_objects as go

from attnviz.maps import Norm
from attnviz.plot.drawn import LOOK

BLUE = "37, 99, 235"
AMBER = "217, 119, 6"
TEAL = "13, 148, 136"
ORANGE = "194, 65, 12"
GREY = "rgba(128, 128, 128, 0.55)"

Scale = list[list[float | str]]


def fade(hue: str) -> Scale:
    """From nothing to the full hue."""
    return [[step / 8, f"rgba({hue}, {step / 8:.3f})"] for step in range(9)]


def diverging() -> Scale:
    """From the full orange through nothing to the full blue."""
    below: Scale = [[(8 - step) / 16, f"rgba({ORANGE}, {step / 8:.3f})"] for step in range(8, 0, -1)]
    above: Scale = [[0.5 + step / 16, f"rgba({BLUE}, {step / 8:.3f})"] for step in range(9)]
    return below + above


HUES: dict[Norm, str] = {"softmax": BLUE, "partial": BLUE, "onehot": TEAL, "binary": TEAL, "sigmoid": AMBER}
WHAT: dict[Norm, str] = {"softmax": "weight", "partial": "weight", "onehot": "choice", "binary": "picked", "sigmoid": "gate"}


def colour_bar(norm: Norm, top: float, bottom: float = 0.0) -> dict[str, Any]:
    """The legend of a scale from `bottom` to `top`; a gate's half is marked."""
    ticks = [bottom, (bottom + top) / 2, top]
    texts = [f"{tick:.2g}" for tick in ticks]
    return {
        "title": {"text": WHAT[norm], "side": "top"}, "thickness": 12, "len": 0.9, "outlinewidth": 0,
        "tickvals": ticks, "ticktext": texts,
    }  # fmt: skip


def finish(figure: go.Figure, height: int, **layout: Any) -> go.Figure:
    """The shared layout for a figure that was made in steps."""
    figure.update_layout(**LOOK, height=height, **layout)
    return figure
