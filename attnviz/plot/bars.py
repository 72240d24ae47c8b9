"""Ranked bars: probabilities of a decision, gates of channels, weights of words."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from attnviz.maps import AttentionMap
from attnviz.plot.drawn import drawn
from attnviz.plot.heatmap import as_text, distinct
from attnviz.plot.style import BLUE, GREY, HUES

MANY = 40
RANKED = 12
SMALL = 0.1
NOTHING = "rgba(0,0,0,0)"


def probabilities(ranked: Sequence[tuple[str, float]]) -> go.Figure:
    """Labels with their probabilities, in the order given, on a scale from 0 to 1."""
    names = [as_text(name) for name, _ in ranked]
    values = [value for _, value in ranked]
    bars = {
        "type": "bar", "x": values, "y": names, "orientation": "h",
        "marker": {"color": [f"rgb({BLUE})", *[GREY] * (len(names) - 1)]},
        "text": [three_digits(value) for value in values], "textposition": "outside", "cliponaxis": False,
        "hovertemplate": "%{y}: %{x:.6f}<extra></extra>",
    }  # fmt: skip
    return drawn(
        [bars], 20 + 26 * len(names), xaxis={"range": [0, 1.12], "visible": False, "fixedrange": True},
        yaxis={"autorange": "reversed", "fixedrange": True, "ticks": "", "automargin": True}, bargap=0.3,
    )  # fmt: skip


def three_digits(probability: float) -> str:
    """A probability as text that never rounds to certainty: "0.123", "> 0.999", "< 0.001"."""
    if probability > 0.9995:
        return "> 0.999"
    return "< 0.001" if 0 < probability < 0.0005 else f"{probability:.3f}"


def channel_gates(m: AttentionMap, emitted: AttentionMap | None = None, switched: Collection[int] = ()) -> go.Figure:
    """A map with one axis of gates as bars, the widest open first, always on a scale from 0 to 1 with the half marked.

    Where channels were switched, `m` is what the layer went on with and `emitted` what it had said: the ranking is by that,
    and outlines show it for the switched ones. A click anywhere above a channel selects a
    point whose custom data are the channel, of whichever bar there.
    """
    gates, said = m.dense(), (emitted or m).dense()
    order = np.argsort(-said, kind="stable")
    names = [str(i) for i in order]
    channels = [[int(i)] for i in order]
    bars: list[dict[str, Any]] = [{
        "x": names, "y": gates[order], "customdata": channels, "marker": {"color": f"rgb({HUES[m.norm]})", "line": {"width": 0}},
        "hovertemplate": "channel %{x}<br>gate %{y:.4f}<extra></extra>", "unselected": {"marker": {"opacity": 1}},
    }]  # fmt: skip
    if switched:
        outlined = [i for i in order if i in switched]
        bars.append({
            "x": [str(i) for i in outlined], "y": said[outlined], "customdata": [[int(i)] for i in outlined],
            "marker": {"color": NOTHING, "line": {"color": GREY, "width": 2}},
            "hovertemplate": "channel %{x}<br>was %{y:.4f}<extra></extra>", "unselected": {"marker": {"opacity": 1}},
        })  # fmt: skip
    if emitted is not None:
        bars.append({
            "x": names, "y": np.ones(len(names)), "marker": {"color": NOTHING, "line": {"width": 0}},
            "customdata": channels, "hovertext": [f"{gates[i]:.4f}" for i in order],
            "hovertemplate": "channel %{x}<br>gate %{hovertext}<extra></extra>",
            "selected": {"marker": {"opacity": 0}}, "unselected": {"marker": {"opacity": 0}},
        })  # fmt: skip
    crowded = len(gates) > MANY
    half = {
        "type": "line", "xref": "x domain", "x0": 0, "x1": 1, "yref": "y", "y0": 0.5, "y1": 0.5,
        "line": {"color": GREY, "dash": "dot", "width": 1},
    }  # fmt: skip
    named = {"text": f"{len(gates)} channels, ranked by gate"}
    return drawn(
        [{"type": "bar", **each} for each in bars], 240, shapes=[half],
        xaxis={"type": "category", "showticklabels": not crowded, "ticks": "", "fixedrange": True, "title": named},
        yaxis={"range": [0, 1], "tickvals": [0, 0.5, 1], "fixedrange": True, "title": {"text": "gate"}},
        bargap=0 if crowded else 0.15, barmode="overlay", clickmode="event+select",
    )  # fmt: skip


def word_weights(labels: tuple[str, ...], weights: Sequence[float], norm_top: float = 1.0) -> go.Figure:
    """Words with a weight each, the largest first, at most a dozen; `norm_top` is the end of the scale."""
    order = np.argsort(-np.asarray(weights), kind="stable")[:RANKED]
    places = ".3f" if norm_top > SMALL else ".2g"
    names = distinct(labels, len(labels))
    bars = {
        "type": "bar", "x": [float(weights[i]) for i in order], "y": [names[i] for i in order], "orientation": "h",
        "marker": {"color": f"rgb({BLUE})"}, "text": [f"{weights[i]:{places}}" for i in order], "textposition": "outside",
        "cliponaxis": False, "hovertemplate": "%{y}: %{x:.4f}<extra></extra>",
    }  # fmt: skip
    return drawn(
        [bars], 60 + 24 * len(order), bargap=0.25,
        xaxis={"range": [0, norm_top * 1.15], "fixedrange": True, "exponentformat": "none", "nticks": 5},
        yaxis={"type": "category", "autorange": "reversed", "fixedrange": True, "ticks": ""},
    )  # fmt: skip
