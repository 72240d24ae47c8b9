"""The maps of a mechanism at work on a small input, with their numbers in the cells where there is room."""

from collections.abc import Sequence

import plotly.graph_objects as go

from attnviz import plot
from attnviz.exhibit import Exhibit
from attnviz.explain import spread
from attnviz.maps import AttentionMap
from attnviz.mechanisms import Points
from attnviz.results.mechanism import MechanismResult
from attnviz.state import Choice, Chosen, OnOff
from attnviz.views import mechanism_photo
from attnviz.views.view import View

HEADS = ("head", "query", "key")
ROLES = {"onehot": "What was picked", "binary": "What was picked", "softmax": "The odds", "sigmoid": "Also recorded: gates"}
LARGEST = Choice("largest", "Strongest colour at the largest weight", OnOff(), False)


def exhibits(result: MechanismResult, chosen: Chosen) -> Sequence[Exhibit]:
    """The first map, and what else the layer recorded."""
    largest = chosen.get(LARGEST.name, False)
    return [one(result, number, m, largest) for number, m in enumerate(result.shown.maps)]


def one(result: MechanismResult, number: int, m: AttentionMap, largest: bool) -> Exhibit:
    """A map, its figure by its axes; small ones hold numbers."""
    name = "map" if not number else f"map-{number}"
    title = f"{ROLES.get(m.norm, 'Also recorded')} ({m.layer})" if number else result.title
    return Exhibit(name, title, (drawn(m, largest),), said(result, m, notes=not number), (m,), result)


def drawn(m: AttentionMap, largest: bool) -> go.Figure:
    """With `largest` the scale ends at the largest weight, else at 1."""
    top = max(float(m.dense().max()), 1e-9) if largest else 1.0
    if m.axes == HEADS and m.size("head") > 1:
        return plot.side_by_side(m, top)
    m = flat(m)
    return plot.with_numbers(plot.heatmap(m, top)) if m.axes == ("query", "key") else plot.PLOTS[m.axes](m)


def flat(m: AttentionMap) -> AttentionMap:
    """A map with one head without the axis of heads; others stay as they are."""
    return m.at_head(0) if m.axes == HEADS and m.size("head") == 1 else m


def said(result: MechanismResult, m: AttentionMap, notes: bool = True) -> str:
    """What is shown, what sums to one, the strongest number, how far it spreads, and what was remarked."""
    one = flat(m)
    parts = (plot.caption(one, result.of, None, result.title), _heads(one), _spread(one), *(result.notes if notes else ()))
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


def choices(result: MechanismResult) -> Sequence[Choice]:
    """Where the scale ends, for weights that are drawn as a map."""
    first = result.shown.maps[0]
    return (LARGEST,) if first.norm in ("softmax", "partial") and len(first.axes) > 1 else ()


VIEW = View(
    "mechanism", "What it does", MechanismResult, exhibits, choices,
    lambda result: not isinstance(result.inputs, Points) and not mechanism_photo.fits(result),
)  # fmt: skip
