"""A figure for the page that it stands on: dark or light, and as large as a window.

What a figure shows stays as it was; its hues shine in the dark, from the page's own ground to bright, and its letters are read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from attnviz.plot.drawn import Drawn
from attnviz.plot.numbers import IN_CELLS, inks
from attnviz.plot.style import AMBER, BLUE, ORANGE, TEAL

BRIGHT = {BLUE: "110, 176, 255", AMBER: "251, 191, 36", TEAL: "45, 212, 191", ORANGE: "251, 146, 60"}
DARK = (25, 24, 21)  # the page, about
SOON = 0.7  # how soon a small number is seen there; 1 is as in the light
INK = {False: "#4a4d57", True: "#e6eaf1"}  # in the dark or not
STARK = {False: "#000000", True: "#ffffff"}  # on a stage
LEAST = 11  # pixels; smaller letters are none
ROW, COLUMN = 0.72, 1.1  # how much of a row or column its letters may take; those of columns are slanted
PLOT = 0.75  # of a figure, about, is its plot


@dataclass(frozen=True)
class Stage:
    """The room that a figure has, in pixels, and the size of its letters."""

    width: float
    height: float
    letters: float


def dressed(figure: go.Figure, dark: bool = False, stage: Stage | None = None) -> go.Figure:
    """A copy in the colours of its page, and on a stage with large letters and its height."""
    made = figure.made if isinstance(figure, Drawn) else figure.to_plotly_json()
    data, layout = (
        [dict(trace) for trace in made["data"]],
        {name: each for name, each in made["layout"].items() if name != "template"},
    )
    if dark:
        data, layout = _written(_bright(data)), _bright(layout)
    size = {} if stage is None else {"size": stage.letters}
    font = {"color": (INK if stage is None else STARK)[dark], **size}
    layout["font"] = {**layout.get("font", {}), **font}
    for name in {"xaxis", "yaxis", *(name for name in layout if name[1:].startswith("axis"))}:
        axis = dict(layout.get(name) or {})
        room = {} if stage is None else {"size": _fitting(axis, data, name, stage)}
        axis["tickfont"] = {**(axis.get("tickfont") or {}), **font, **room}
        axis["title"] = _titled(axis.get("title"), font)
        layout[name] = axis
    if stage is not None:
        layout["height"] = stage.height
        _enlarge(data, layout, font)
    return Drawn(data, layout)


def _titled(title: Any, font: dict[str, Any]) -> dict[str, Any]:
    whole: dict[str, Any] = {"text": title} if isinstance(title, str) else dict(title or {})
    return {**whole, "font": {**(whole.get("font") or {}), **font}}


def _fitting(axis: dict[str, Any], data: list[dict[str, Any]], name: str, stage: Stage) -> float:
    """Letters that leave the names of an axis apart."""
    letter = name[0]
    named = [trace[letter] for trace in data if axis.get("type") == "category" and isinstance(trace.get(letter), (list, tuple))]
    many = max([len(axis.get("tickvals") or ()), *(len(set(names)) / (axis.get("dtick") or 1) for names in named)])
    length = (stage.height * ROW if letter == "y" else stage.width * COLUMN) * PLOT
    return max(LEAST, min(stage.letters, length / max(many, 1)))


def _enlarge(data: list[dict[str, Any]], layout: dict[str, Any], font: dict[str, Any]) -> None:
    """Letters beside, in and below a figure."""
    for place, key in _bars(data, layout):
        bar = dict(place[key])
        place[key] = {**bar, "tickfont": font, "title": _titled(bar.get("title"), font)}
    for trace in data:
        if trace.get("text") is not None:
            own = dict(trace.get("textfont") or {})
            trace["textfont"] = {**font, **({"color": own["color"]} if "color" in own else {}), "size": 0.8 * font["size"]}
    layout["legend"] = {**(layout.get("legend") or {}), "font": font}
    layout["annotations"] = [{**note, "font": font} for note in layout.get("annotations") or ()]


def _bars(data: list[dict[str, Any]], layout: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """The legends of colours, where each lies."""
    for trace in data:
        if trace.get("colorbar"):
            yield trace, "colorbar"
    if (layout.get("coloraxis") or {}).get("colorbar"):
        layout["coloraxis"] = dict(layout["coloraxis"])
        yield layout["coloraxis"], "colorbar"


def _bright(value: Any) -> Any:
    """The same with each hue as bright as the dark wants it."""
    if isinstance(value, dict):
        return {name: _bright(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return value if value and isinstance(value[-1], (int, float)) else [_bright(each) for each in value]
    return _lit(value) if isinstance(value, str) and value.startswith("rgb") else value


def _lit(colour: str) -> str:
    """A colour of one of the hues, brighter, and stronger where it is faint: a ramp begins at the page and is soon seen."""
    for hue, bright in BRIGHT.items():
        if colour == f"rgb({hue})":
            return f"rgb({bright})"
        if colour.startswith(f"rgba({hue}, "):
            return f"rgba({bright}, {float(colour[len(hue) + 7 : -1]) ** SOON:.3f})"
    return colour


def _written(data: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With numbers in cells as they are read on a dark page."""
    scale = data[0].get("colorscale") if data else None
    return [
        {**trace, "textfont": {**trace["textfont"], "color": inks(trace["customdata"], scale, DARK)}}
        if trace.get("meta") == IN_CELLS and scale
        else trace
        for trace in data
    ]
