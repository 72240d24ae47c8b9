"""Ranked bars: probabilities of a decision, gates of channels, weights of words."""

from collections.abc import Collection, Sequence

import numpy as np
import plotly.graph_objects as go

from attnviz.maps import AttentionMap
from attnviz.plot.heatmap import as_text, distinct
from attnviz.plot.style import BLUE, GREY, HUES, finish

MANY = 40
RANKED = 12
SMALL = 0.1


def probabilities(ranked: Sequence[tuple[str, float]]) -> go.Figure:
    """Labels with their probabilities, in the order given, on a scale from 0 to 1."""
    names = [as_text(name) for name, _ in ranked]
    values = [value for _, value in ranked]
    figure = go.Figure(
        go.Bar(
            x=values, y=names, orientation="h", marker_color=[f"rgb({BLUE})", *[GREY] * (len(names) - 1)],
            text=[three_digits(value) for value in values], textposition="outside", cliponaxis=False,
            hovertemplate="%{y}: %{x:.6f}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(range=[0, 1.12], visible=False, fixedrange=True)
    figure.update_yaxes(autorange="reversed", fixedrange=True, ticks="", automargin=True)
    return finish(figure, 20 + 26 * len(names), bargap=0.3)


def three_digits(probability: float) -> str:
    """A probability as text that never rounds to certainty: "0.123", "> 0.999", "< 0.001"."""
    if probability > 0.9995:
        return "> 0.999"
    return "< 0.001" if 0 < probability < 0.0005 else f"{probability:.3f}"


def channel_gates(m: AttentionMap, emitted: AttentionMap | None = None, switched: Collection[int] = ()) -> go.Figure:
    """A map with one axis of gates as bars, the widest open first, always on a scale from 0 to 1 with the half marked.

    Where channels were switched, `m` is what the layer went on with and `emitted` what it had said: the ranking is by that,
    and outlines show it for the switched ones. A click anywhere above a channel selects a point whose x is the channel.
    """
    gates, said = m.dense(), (emitted or m).dense()
    order = np.argsort(-said, kind="stable")
    names = [str(i) for i in order]
    figure = go.Figure(
        go.Bar(
            x=names, y=gates[order], marker_color=f"rgb({HUES[m.norm]})", marker_line_width=0,
            hovertemplate="channel %{x}<br>gate %{y:.4f}<extra></extra>", unselected={"marker": {"opacity": 1}},
        )
    )  # fmt: skip
    if switched:
        outlined = [i for i in order if i in switched]
        figure.add_bar(
            x=[str(i) for i in outlined], y=said[outlined], marker={"color": "rgba(0,0,0,0)", "line": {"color": GREY, "width": 2}},
            hovertemplate="channel %{x}<br>was %{y:.4f}<extra></extra>", unselected={"marker": {"opacity": 1}},
        )  # fmt: skip
    if emitted is not None:
        figure.add_bar(
            x=names, y=np.ones(len(names)), marker_color="rgba(0,0,0,0)", marker_line_width=0, customdata=gates[order],
            hovertemplate="channel %{x}<br>gate %{customdata:.4f}<extra></extra>",
            selected={"marker": {"opacity": 0}}, unselected={"marker": {"opacity": 0}},
        )  # fmt: skip
    figure.add_hline(y=0.5, line={"color": GREY, "dash": "dot", "width": 1})
    crowded = len(gates) > MANY
    figure.update_xaxes(type="category", showticklabels=not crowded, ticks="", fixedrange=True,
                        title=f"{len(gates)} channels, ranked by gate")  # fmt: skip
    figure.update_yaxes(range=[0, 1], tickvals=[0, 0.5, 1], fixedrange=True, title="gate")
    return finish(figure, 240, bargap=0 if crowded else 0.15, barmode="overlay", clickmode="event+select")


def word_weights(labels: tuple[str, ...], weights: Sequence[float], norm_top: float = 1.0) -> go.Figure:
    """Words with a weight each, the largest first, at most a dozen; `norm_top` is the end of the scale."""
    order = np.argsort(-np.asarray(weights), kind="stable")[:RANKED]
    places = ".3f" if norm_top > SMALL else ".2g"
    names = distinct(labels, len(labels))
    figure = go.Figure(
        go.Bar(
            x=[float(weights[i]) for i in order], y=[names[i] for i in order], orientation="h", marker_color=f"rgb({BLUE})",
            text=[f"{weights[i]:{places}}" for i in order], textposition="outside", cliponaxis=False,
            hovertemplate="%{y}: %{x:.4f}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_xaxes(range=[0, norm_top * 1.15], fixedrange=True, exponentformat="none", nticks=5)
    figure.update_yaxes(type="category", autorange="reversed", fixedrange=True, ticks="")
    return finish(figure, 60 + 24 * len(order), bargap=0.25)
