"""Hard choice: outlined what had odds, filled what was picked; one draw, and many draws against the odds."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from attnviz.maps import AttentionMap
from attnviz.plot.bars import three_digits
from attnviz.plot.heatmap import MAX_CELLS, MAX_LABELS, as_text, distinct, shortened
from attnviz.plot.style import BLUE, GREY, TEAL, finish

Reals = NDArray[np.floating[Any]]
OUTLINE = f"rgb({TEAL})"
FILLED, FAINT, EMPTY = (f"rgba({TEAL}, {strength})" for strength in (0.75, 0.3, 0))
LINE = {"color": OUTLINE, "width": 1.5}
STRIP = 1.15  # where the squares of picked words stand, above odds of 1
CROWDED = 40
BINS = 20
MOST = 30


def hard_choice(odds: AttentionMap, picked: AttentionMap) -> go.Figure:
    """Two maps with one axis over the same words: bars as high as the odds, filled where picked, with a square above; at most 256.

    Half is marked: without a draw, words above it are picked.
    """
    chances, taken = odds.dense()[:MAX_CELLS], picked.dense()[:MAX_CELLS] > 0
    names = distinct(odds.labels.get(odds.axes[0], ()), len(chances))
    said = ["picked" if each else "not picked" for each in taken]
    crowded = len(names) > CROWDED  # no room for outlines: shades say the same
    figure = go.Figure(
        go.Bar(
            x=names, y=chances, marker_color=[FILLED if each else FAINT if crowded else EMPTY for each in taken],
            marker_line={**LINE, "width": 0} if crowded else LINE,
            customdata=said, hovertemplate="%{x}<br>odds %{y:.4f}<br>%{customdata}<extra></extra>",
        )
    )  # fmt: skip
    outlined = [0.0 if crowded else 0.15 + 0.85 * float(chance) for chance in chances]
    figure.add_scatter(
        x=names, y=[STRIP] * len(names), mode="markers", customdata=said, hovertemplate="%{x}<br>%{customdata}<extra></extra>",
        marker={"size": 5 if crowded else 11, "color": OUTLINE, "line": {"color": OUTLINE, "width": 1},
                "symbol": ["square" if each else "square-open" for each in taken],
                "opacity": [1.0 if each else faint for each, faint in zip(taken, outlined, strict=True)]},
    )  # fmt: skip
    figure.add_hline(y=0.5, line={"color": GREY, "dash": "dot", "width": 1})
    figure.update_yaxes(range=[0, STRIP + 0.12], tickvals=[0, 0.5, 1, STRIP], ticktext=["0", "0.5", "1", "picked"], title="odds",
                        fixedrange=True, zeroline=False)  # fmt: skip
    figure.update_xaxes(type="category", tickmode="linear", ticks="", fixedrange=True, showgrid=False, automargin=True,
                        tickangle=-45, showticklabels=len(names) <= MAX_LABELS)  # fmt: skip
    return finish(figure, 300, bargap=0.3)


def choice_caption(odds: AttentionMap, picked: AttentionMap, bits: float, model: str, seed: int | None = None) -> str:
    """What `hard_choice` shows, in full sentences; `bits`: the entropy of all picks."""
    chances, size = odds.dense(), odds.shape[0]
    how = "those with odds above one half" if seed is None else f"each drawn by its odds, with seed {seed}"
    name = shortened(str((odds.labels.get(odds.axes[0]) or range(size))[int(chances.argmax())]))
    words, tosses = f"{size:,} word{'s' if size != 1 else ''}", "toss" if f"{bits:.2f}" == "1.00" else "tosses"
    return (
        "Bars: the odds of each word, a number between 0 and 1 of its own, so nothing sums to 1. Filled, under a square: picked. "
        f"{int(picked.dense().sum()):,} of {size:,} are picked, {how}. “{name}” has the largest odds, "
        f"{three_digits(float(chances.max()))}. The odds leave {bits:.2f} bits open, as much as {bits:.2f} {tosses} of a fair "
        f"coin: 0 bits would mean that every draw picks the same, and even odds for {words} would leave {size:,}. "
        f"Hard attention of {model} ({odds.mechanism}, {odds.layer} and {picked.layer})."
    )


def decisions(probabilities: Sequence[float], label: str, now: float | None = None) -> go.Figure:
    """How often samples gave `label` which probability, in 20 steps from 0 to 1; a triangle marks `now`."""
    counts, edges = np.histogram(np.asarray(probabilities), bins=BINS, range=(0, 1))
    top = max(1, int(counts.max()))
    figure = go.Figure(
        go.Bar(
            x=(edges[:-1] + edges[1:]) / 2, y=counts, width=0.9 / BINS,
            marker_color=[GREY] * (BINS // 2) + [f"rgb({BLUE})"] * (BINS // 2),
            text=[str(count) if count else "" for count in counts], textposition="outside", cliponaxis=False,
            customdata=[f"{low:.2f} to {high:.2f}" for low, high in pairwise(edges)],
            hovertemplate="probability %{customdata}<br>%{y} samples<extra></extra>",
        )
    )  # fmt: skip
    if now is not None:
        figure.add_scatter(
            x=[now], y=[top * 1.27], mode="markers", cliponaxis=False,
            marker={"symbol": "triangle-down", "size": 13, "color": OUTLINE},
            hovertemplate="shown above: %{x:.4f}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(range=[-0.01, 1.01], title=f"probability of “{as_text(label)}”", fixedrange=True, zeroline=False,
                        showgrid=False, tickvals=[0, 0.25, 0.5, 0.75, 1])  # fmt: skip
    figure.update_yaxes(range=[0, top * 1.35], title="samples", fixedrange=True, nticks=4)
    return finish(figure, 280)


def against_odds(labels: Sequence[str], odds: Reals, means: Reals, errors: Reals) -> go.Figure:
    """(word,) odds as outlined bars, with a whisker of `errors` to each side, and (word,) means of samples as points.

    The 30 words with the largest odds, in the order of the sentence.
    """
    shown = sorted(np.argsort(-odds, kind="stable")[:MOST])
    every = distinct(tuple(labels), len(labels))
    names, chances, whisker = [every[i] for i in shown], odds[shown].astype(float), errors[shown].astype(float)
    figure = go.Figure(
        go.Bar(
            x=chances, y=names, orientation="h", marker_color=EMPTY, marker_line=LINE, customdata=whisker,
            error_x={"type": "data", "symmetric": False, "array": np.minimum(whisker, 1 - chances),
                     "arrayminus": np.minimum(whisker, chances), "color": GREY, "thickness": 2, "width": 5},
            hovertemplate="%{y}: odds %{x:.4f} ± %{customdata:.4f}<extra></extra>",
        )
    )  # fmt: skip
    figure.add_scatter(
        x=means[shown].astype(float), y=names, mode="markers", cliponaxis=False, marker={"size": 8, "color": OUTLINE},
        hovertemplate="%{y}: mean of samples %{x:.4f}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(range=[-0.01, 1.03], tickvals=[0, 0.25, 0.5, 0.75, 1], fixedrange=True, title="odds, and mean of samples",
                        zeroline=False)  # fmt: skip
    figure.update_yaxes(type="category", autorange="reversed", fixedrange=True, ticks="", automargin=True, tickmode="linear")
    return finish(figure, 70 + 22 * len(names), bargap=0.35)
