"""The maps of a mechanism as figures and sentences."""

from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from attnviz import export, plot
from attnviz.explain import spread
from attnviz.maps import AttentionMap
from attnviz.mechanisms import Mechanism, Shown
from attnviz.plot.photo import Pixels
from attnviz.ui import say, widgets

HEADS = ("head", "query", "key")
ROLES = {"onehot": "What was picked", "binary": "What was picked", "softmax": "The odds", "sigmoid": "Also recorded: gates"}


@dataclass(frozen=True)
class Result:
    """What a mechanism did with the present input.

    `of`: a word for the input; `values`: those of the controls; `photo`: what stands behind a feature map.
    """

    mechanism: Mechanism
    shown: Shown
    values: dict[str, Any]
    seconds: float
    of: str
    photo: Pixels | None = None

    @property
    def summary(self) -> dict[str, Any]:
        """What is written into a file beside the maps."""
        return {
            "mechanism": self.mechanism.name, "title": self.mechanism.title, "controls": self.values,
            "notes": list(self.shown.notes), "seconds": self.seconds, "output": self.shown.output.tolist(),
        }  # fmt: skip


def figure(m: AttentionMap, largest: bool = False) -> go.Figure:
    """The figure of a map by its axes; with `largest` its scale ends at the largest weight, else at 1. Small ones hold numbers."""
    if m.axes == HEADS and m.size("head") > 1:
        return plot.side_by_side(m, _top(m, largest))
    m = flat(m)
    if m.axes == ("query", "key"):
        return plot.with_numbers(plot.heatmap(m, _top(m, largest)))
    return plot.PLOTS[m.axes](m)


def flat(m: AttentionMap) -> AttentionMap:
    """A map with one head without the axis of heads; others stay as they are."""
    return m.at_head(0) if m.axes == HEADS and m.size("head") == 1 else m


def _top(m: AttentionMap, largest: bool) -> float:
    return max(float(m.dense().max()), 1e-9) if largest else 1.0


def said(result: Result, m: AttentionMap, notes: bool = True) -> str:
    """The caption of a map: what is shown, what sums to one, the strongest number, how far it spreads, and what was remarked."""
    one = flat(m)
    text = plot.caption(one, result.of, result.seconds, result.mechanism.title)
    parts = (text, _heads(one), _spread(one), *(result.shown.notes if notes else ()))
    return " ".join(part for part in parts if part)


def _heads(m: AttentionMap) -> str:
    if m.axes != HEADS:
        return ""
    each = [f"{spread(m.head(head)):.2f} in head {head}" for head in range(min(m.size("head"), plot.MOST_HEADS))]
    return f"Of {m.size('key')} keys a query spreads over {', '.join(each)}."


def _spread(m: AttentionMap) -> str:
    if m.norm != "softmax" or m.axes not in (("query", "key"), ("key",)):
        return ""
    who = "a query spreads" if len(m.axes) > 1 else "the weights spread"
    return f"Of {m.size('key')} keys {who} over {spread(m.dense()):.2f} on average (e to the entropy: 1 is a hard choice)."


def card(result: Result, key: str, largest: bool) -> None:
    """The first map as a card; what else the layer recorded stands below."""
    first, *others = result.shown.maps
    drawn, caption = figure(first, largest), said(result, first)
    widgets.chart(drawn, f"{key}-figure", caption)
    widgets.foot(first, caption, lambda: files(result, drawn, caption, key))
    for number, m in enumerate(others):
        st.markdown(f"**{ROLES.get(m.norm, 'Also recorded')}** ({say.code(m.layer)})")
        widgets.chart(figure(m, largest), f"{key}-figure-{number}", said(result, m))
        say.caption(said(result, m, notes=False))


def files(result: Result, drawn: go.Figure, caption: str, key: str) -> None:
    """Buttons that save the figure, and all maps with what came out."""

    def page() -> bytes:
        return export.page(drawn, result.mechanism.title, caption)

    widgets.save(result.mechanism.name, key, page, result.shown.maps, result.summary)
