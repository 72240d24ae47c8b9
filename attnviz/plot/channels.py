"""Channels: the gates of all blocks as one strip, the feature maps behind some gates, and probabilities before and after."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from attnviz.maps import AttentionMap
from attnviz.plot.bars import three_digits
from attnviz.plot.heatmap import as_text
from attnviz.plot.style import BLUE, GREY, HUES, WHAT, colour_bar, diverging, fade, finish
from attnviz.weights import Floats

THICK = 0.42  # of a row, to each side of its middle
LEGEND = {"orientation": "h", "x": 0.5, "y": 0, "yanchor": "top", "ypad": 4, "len": 0.5}
PICTURE = 84
STEPS = 127  # of a signed byte to each side of 0: a feature map is sent in as many strengths

Switched = Mapping[int, Mapping[int, float]]


def gate_strip(
    maps: Sequence[AttentionMap], names: Sequence[str], chosen: int | None = None, switched: Switched | None = None
) -> go.Figure:
    """Maps over channels as rows as wide as each other, every channel a cell in its own order, on the scale from 0 to 1.

    `switched` is, by row, which channels were set to what: they are marked. The chosen row is framed.
    """
    figure = go.Figure()
    for row, m in enumerate(maps):
        gates = m.dense()
        figure.add_heatmap(
            x=np.linspace(0, 1, len(gates) + 1), y=[row - THICK, row + THICK], z=gates[None], zmin=0, zmax=1,
            customdata=np.arange(len(gates))[None], colorscale=fade(HUES[m.norm]), showscale=row == 0,
            colorbar=colour_bar(m.norm, 1.0) | LEGEND,
            hovertemplate=f"{names[row]}, channel %{{customdata}}<br>{WHAT[m.norm]} %{{z:.4f}}<extra></extra>",
        )  # fmt: skip
    marks = [((i + 0.5) / maps[row].size("channel"), row) for row, set_to in (switched or {}).items() for i in set_to]
    if marks:
        figure.add_scatter(
            x=[x for x, _ in marks], y=[y for _, y in marks], mode="markers", hoverinfo="skip",
            marker={"symbol": "x-thin", "size": 9, "line": {"width": 2, "color": f"rgb({BLUE})"}},
        )  # fmt: skip
    for row in range(len(maps)):
        strong = row == chosen
        figure.add_shape(
            type="rect", x0=0, x1=1, y0=row - THICK, y1=row + THICK,
            line={"color": f"rgb({BLUE})" if strong else GREY, "width": 3 if strong else 0.5},
        )  # fmt: skip
    figure.update_xaxes(visible=False, range=[-0.004, 1.004], fixedrange=True)
    ticks = [f"{as_text(name)}: {m.size('channel')}" for name, m in zip(names, maps, strict=True)]
    figure.update_yaxes(
        range=[len(maps) - 0.5, -0.5], tickvals=list(range(len(maps))), ticktext=ticks, ticks="", fixedrange=True, showgrid=False,
        zeroline=False, automargin=True,
    )  # fmt: skip
    return finish(figure, 80 + 34 * len(maps)).update_layout(margin_b=64)


def marked(figure: go.Figure, place: int) -> go.Figure:
    """Ranked gates with a frame around the one in this place of the ranking."""
    return figure.add_shape(
        type="rect", x0=place - 0.5, x1=place + 0.5, y0=0, y1=1, line={"color": f"rgb({BLUE})", "width": 2}, layer="above"
    )


def feature_maps(before: Floats, gates: Sequence[float], names: Sequence[str]) -> go.Figure:
    """(picture, row, column) as small pictures at their true resolution, and below each what its gate lets through.

    0 is the page's background, more is blue and less is orange; both pictures of a channel share a scale, the largest
    number before the gate.
    """
    count = len(before)
    titles = [f"{as_text(name)}<br>{gate:.3f}" for name, gate in zip(names, gates, strict=True)]
    figure = make_subplots(rows=2, cols=count, subplot_titles=titles, horizontal_spacing=0.02, vertical_spacing=0.06)
    for column in range(count):
        top = max(float(np.abs(before[column]).max()), 1e-9)
        for row, picture in enumerate((before[column], before[column] * gates[column]), start=1):
            figure.add_heatmap(
                z=(picture / top * STEPS).round().astype(np.int8), zmin=-STEPS, zmax=STEPS, colorscale=diverging(), showscale=False,
                hoverinfo="skip", row=row, col=column + 1,
            )  # fmt: skip
    rows, columns = before.shape[1:]
    axis = {"fixedrange": True, "showgrid": False, "zeroline": False, "showticklabels": False, "ticks": "", "constrain": "domain"}
    figure.update_xaxes(**axis, range=[-0.5, columns - 0.5])
    figure.update_yaxes(**axis, range=[rows - 0.5, -0.5])
    for number in range(2 * count):
        place = {"row": number // count + 1, "col": number % count + 1}
        figure.update_yaxes(scaleanchor=f"x{number + 1}" if number else "x", **place)
        figure.add_shape(type="rect", x0=-0.5, x1=columns - 0.5, y0=-0.5, y1=rows - 0.5, line={"color": GREY, "width": 1}, **place)
    for row, name in enumerate(("before", "after"), start=1):
        figure.update_yaxes(title={"text": name, "standoff": 4}, row=row, col=1)
    figure.update_annotations(font_size=12, yshift=2)
    return finish(figure, 2 * PICTURE + 70).update_layout(margin_t=46, margin_l=24)


def before_after(labels: Sequence[str], before: Sequence[float], after: Sequence[float]) -> go.Figure:
    """Probabilities of labels in two passes as pairs of bars, on a scale from 0 to 1, with the difference beside the second."""
    names = [as_text(label) for label in labels]
    gaps = [f"{three_digits(now)} ({signed(now - was)})" for was, now in zip(before, after, strict=True)]
    figure = go.Figure()
    for name, values, texts, colour in (
        ("before", before, [three_digits(value) for value in before], GREY),
        ("after", after, gaps, f"rgb({BLUE})"),
    ):
        figure.add_bar(
            x=list(values), y=names, orientation="h", name=name, text=texts, textposition="outside", cliponaxis=False,
            marker_color=colour, hovertemplate=f"%{{y}}, {name}: %{{x:.6f}}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(range=[0, 1.45], visible=False, fixedrange=True)
    figure.update_yaxes(autorange="reversed", fixedrange=True, ticks="", automargin=True)
    return finish(figure, 40 + 44 * len(names), bargap=0.25, bargroupgap=0.05)


def signed(difference: float) -> str:
    """A difference with its sign and three digits: "+0.123", "−0.010", "±0.000"."""
    sign = "±" if abs(difference) < 0.0005 else "+" if difference > 0 else "−"
    return f"{sign}{abs(difference):.3f}"
