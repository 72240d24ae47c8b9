"""A series, how a model goes on with it, and where it looked: as tint behind the curve, and as maps over time."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from attnviz.maps import AttentionMap
from attnviz.plot.heatmap import as_text
from attnviz.plot.style import BLUE, GREY, HUES, ORANGE, colour_bar, fade, finish
from attnviz.weights import Floats

Values = NDArray[np.float64]
Times = Sequence[str | int]

HEIGHT, STEPS_HEIGHT, STATES_HEIGHT = 430, 380, 460
NEUTRAL = "rgb(128, 128, 128)"
CONTEXT = 12  # past steps that the forecast is joined to
ROOM = 0.06  # of the spread, above and below the curve
SHADES = 255
BAND = 0.18
TINT = 0.55  # the strongest tint, behind a curve that is to stay readable


def continued(
    times: Times, past: Values, forecast: Values, weights: Floats, other: tuple[str, Values] | None = None,
    truth: Values | None = None, step: int | None = None, filled: NDArray[np.bool_] | None = None,
    interval: Values | None = None,
) -> go.Figure:  # fmt: skip
    """The past with `weights` (past,) as tint behind the curve and as an area below it, and beside it, drawn wider, the forecast.

    `times`: (past + ahead,) positions on the axis. `other`: name and numbers of another forecast; `truth`: what came, as far as it
    is known; `step`: the step ahead whose weights they are, marked; `filled`: (past,) steps that nobody measured;
    `interval`: (2, ahead), the lower and the upper end of a band around the forecast.
    """
    figure = make_subplots(
        rows=2, cols=2, shared_xaxes=True, row_heights=[0.76, 0.24], column_widths=[0.68, 0.32], vertical_spacing=0.04,
        horizontal_spacing=0.015, specs=[[{}, {}], [{}, None]],
    )  # fmt: skip
    before, behind, room = list(times[: len(past)]), list(times[len(past) :]), min(CONTEXT, len(past))
    _tint(figure, before, weights)
    _line(figure, before, past, "given", NEUTRAL, column=1)
    if filled is not None and filled.any():
        _marks(figure, [before[i] for i in np.flatnonzero(filled)], past[filled], "filled", NEUTRAL, "circle-open", column=1)
    _line(figure, before[-room:], past[-room:], "given", NEUTRAL, named=False)
    if truth is not None and len(truth):
        _line(figure, behind[: len(truth)], truth, "what came", NEUTRAL, named=False)
    if interval is not None:
        _band(figure, behind, interval)
    if other is not None:
        _line(figure, behind, other[1], other[0], f"rgb({ORANGE})", "dot")
    _line(figure, behind, forecast, "forecast", f"rgb({BLUE})")
    if step is not None:
        _marks(figure, [behind[step]], forecast[[step]], "this step", f"rgb({BLUE})", "diamond")
    area = go.Scatter(
        x=before, y=weights, mode="lines", fill="tozeroy", line={"color": f"rgb({BLUE})", "width": 1}, showlegend=False,
        hovertemplate="%{x}<br>weight %{y:.4f}<extra></extra>",
    )  # fmt: skip
    figure.add_trace(area, row=2, col=1)
    others = (other[1] if other else None, truth, None if interval is None else interval.ravel())
    curves = [past, forecast, *(each for each in others if each is not None)]
    _ends(figure, np.concatenate(curves), float(weights.max()))
    figure.update_xaxes(fixedrange=True, showgrid=False)
    figure.update_xaxes(range=[before[0], before[-1]], col=1)
    ends = {
        "tickvals": [behind[0], behind[-1]],
        "ticktext": ["+1", f"+{len(behind)}"],
        "tickangle": 0,
        "ticklabeloverflow": "allow",
    }
    figure.update_xaxes(range=[before[-room], behind[-1]], **ends, showticklabels=True, row=1, col=2)
    figure.add_vline(x=behind[0], line={"color": GREY, "dash": "dash", "width": 1}, row=1, col=2)
    finish(figure, HEIGHT, hovermode="closest")
    return figure.update_layout(showlegend=True, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0})


def _ends(figure: go.Figure, shown: Values, top: float) -> None:
    """One scale for the past and what is ahead, and one from 0 for the weights."""
    low, high = float(shown.min()), float(shown.max())
    room = ROOM * ((high - low) or 1.0)
    figure.update_yaxes(range=[low - room, high + room], fixedrange=True, row=1)
    figure.update_yaxes(showticklabels=False, row=1, col=2)
    figure.update_yaxes(range=[0, max(top * 1.1, 1e-9)], title="weight", nticks=3, fixedrange=True, row=2, col=1)
    figure.data[0].update(y=[low - room, high + room])


def _tint(figure: go.Figure, times: Times, weights: Floats) -> None:
    """Weights as columns behind the curve, the largest with the strongest tint."""
    tint = go.Heatmap(
        x=list(times), y=[0, 1], z=weights[None], zmin=0, zmax=max(float(weights.max()), 1e-9) / TINT, colorscale=fade(BLUE),
        showscale=False, hoverinfo="skip", name="weights",
    )  # fmt: skip
    figure.add_trace(tint, row=1, col=1)


def _band(figure: go.Figure, times: Times, interval: Values) -> None:
    """Where four of five values are expected."""
    there_and_back = [*times, *reversed(times)]
    band = go.Scatter(
        x=there_and_back, y=[*interval[0], *interval[1][::-1]], mode="lines", line={"width": 0}, fill="toself",
        fillcolor=f"rgba({BLUE}, {BAND})", name="4 of 5 expected", hoverinfo="skip",
    )  # fmt: skip
    figure.add_trace(band, row=1, col=2)


def _line(
    figure: go.Figure, times: Times, values: Values, name: str, colour: str, dash: str = "solid", column: int = 2,
    named: bool = True,
) -> None:  # fmt: skip
    line = go.Scatter(
        x=list(times), y=values, mode="lines", name=as_text(name), line={"color": colour, "dash": dash, "width": 2},
        showlegend=named, hovertemplate=f"%{{x}}<br>{as_text(name)} %{{y:.6g}}<extra></extra>",
    )  # fmt: skip
    figure.add_trace(line, row=1, col=column)


def _marks(
    figure: go.Figure, times: Times, values: Values, name: str, colour: str, symbol: str, column: int = 2
) -> None:  # fmt: skip
    marks = go.Scatter(
        x=list(times), y=values, mode="markers", name=name, marker={"color": colour, "symbol": symbol, "size": 8},
        hovertemplate=f"%{{x}}<br>{name} %{{y:.6g}}<extra></extra>",
    )  # fmt: skip
    figure.add_trace(marks, row=1, col=column)


def steps_map(m: AttentionMap, times: Times, step: int | None = None) -> go.Figure:
    """A map with axes (query, key), a row for each step ahead, over the `times` of the keys; the row of `step` is framed."""
    weights = m.dense()
    top = max(float(weights.max()), 1e-9)
    rows = [f"+{i + 1}" for i in range(len(weights))]
    heat = go.Heatmap(
        z=weights, x=list(times), y=rows, zmin=0, zmax=top, colorscale=fade(HUES[m.norm]), colorbar=colour_bar(m.norm, top),
        hovertemplate="step %{y} → %{x}<br>weight %{z:.4f}<extra></extra>",
    )  # fmt: skip
    figure = go.Figure(heat)
    if step is not None:
        figure.add_shape(
            type="rect", xref="x domain", x0=0, x1=1, y0=step - 0.5, y1=step + 0.5, line={"color": GREY, "width": 2}
        )  # fmt: skip
    figure.update_yaxes(
        type="category", autorange="reversed", title="step ahead", fixedrange=True, showgrid=False, ticks="",
        dtick=3, tickmode="linear",
    )  # fmt: skip
    figure.update_xaxes(title="past step looked at", fixedrange=True, showgrid=False)
    return finish(figure, STEPS_HEIGHT)


def states_map(m: AttentionMap, times: Times) -> go.Figure:
    """A map with axes (query, key) of past steps that look at past steps; one byte a cell, shades by the square root."""
    weights = m.dense()
    top = max(float(weights.max()), 1e-9)
    shade = (np.sqrt(weights / top) * SHADES).round().astype(np.uint8)
    ticks = {"tickvals": [0, SHADES / 2, SHADES], "ticktext": [f"{share * top:.2g}" for share in (0, 0.25, 1)]}
    heat = go.Heatmap(
        z=shade, x=list(times), y=list(times), zmin=0, zmax=SHADES, colorscale=fade(HUES[m.norm]),
        colorbar=colour_bar(m.norm, top) | ticks, hovertemplate="%{y} → %{x}<extra></extra>",
    )  # fmt: skip
    figure = go.Figure(heat)
    figure.update_yaxes(autorange="reversed", title="step that looks", fixedrange=True, showgrid=False)
    figure.update_xaxes(title="step looked at", fixedrange=True, showgrid=False)
    return finish(figure, STATES_HEIGHT)
