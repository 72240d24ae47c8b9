"""From a prediction to maps, and for what has no view yet to figures: which layer, which head, which plot."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from attnviz import plot
from attnviz.errors import InputError, UnknownLayer
from attnviz.explain import glance, sampled
from attnviz.maps import AttentionMap
from attnviz.results import Result

SIDE = 24
HEADS = ("head", "query", "key")


def choose(prediction: Result, layer: str | None = None, head: int | None = None) -> list[AttentionMap]:
    """The maps of all layers, or of one by number or name; of all their heads, or of one."""
    tape = prediction.tape
    maps = list(tape) if layer is None else [tape[layer_name(prediction, layer)]]
    if head is None:
        return maps
    if headless := next((m.layer for m in maps if "head" not in m.axes), None):
        raise UnknownLayer(f"the layer {headless} has no heads", "ask for the layer alone")
    return [m.at_head(head) for m in maps]


def numbers(prediction: Result, layer: str | None, head: int | None, rows: str | None, columns: str | None) -> list[AttentionMap]:
    """The maps that were asked for: some rows and columns of one head, or what `choose` gives."""
    windowed = rows is not None or columns is not None
    return [part(prediction, layer, head, rows, columns)] if windowed else choose(prediction, layer, head)


def part(prediction: Result, layer: str | None, head: int | None, rows: str | None, columns: str | None) -> AttentionMap:
    """The exact map of some rows and columns of one head, each written as `span` reads it."""
    return _of_one_head(prediction, layer, head).part(head or 0, *_spans(prediction, layer, head, rows, columns))


def span(given: str | None, length: int) -> range:
    """Positions written as "100:164", ":64" or "32000:", the last one not counted; all where None. InputError for anything else."""
    first, colon, last = (part.strip() for part in (given or ":").partition(":"))
    if not colon or not all(end.isdecimal() or not end for end in (first, last)):
        raise InputError(f"{given!r} is no span of positions", "write the first and the one behind the last, as 100:164")
    found = range(int(first or 0), int(last or length))
    if not 0 <= found.start < found.stop <= length:
        raise InputError(f"{given!r} holds no positions of the text", f"positions are 0 to {length}, the last one not counted")
    return found


def _of_one_head(prediction: Result, layer: str | None, head: int | None) -> AttentionMap:
    if layer is None or head is None:
        raise UnknownLayer("rows and columns are those of one head", "give --layer and --head with them")
    m = prediction.tape[layer_name(prediction, layer)]
    if m.axes != HEADS:
        raise UnknownLayer(f"the layer {m.layer} has no heads", "leave out --rows and --columns")
    return m


def _spans(prediction: Result, layer: str | None, head: int | None, rows: str | None, columns: str | None) -> tuple[range, range]:
    m = _of_one_head(prediction, layer, head)
    return span(rows, m.size("query")), span(columns, m.size("key"))


def picture(
    prediction: Result, layer: str | None, head: int | None, rows: str | None, columns: str | None
) -> tuple[go.Figure, str, int]:
    """The figure of what was asked for, its caption, and of how many maps it is."""
    windowed = rows is not None or columns is not None
    maps = [part(prediction, layer, head, rows, columns)] if windowed else choose(prediction, layer, head)
    return *figure_of(prediction, maps), len(maps)


def layer_name(prediction: Result, layer: str) -> str:
    """A layer's name from its number in order, counted from 0; names are left as they are."""
    layers = prediction.tape.layers
    if not layer.isdecimal():
        return layer
    if int(layer) >= len(layers):
        raise UnknownLayer(f"there is no layer {layer}", f"layers are 0 to {len(layers) - 1}")
    return layers[int(layer)]


def figure_of(prediction: Result, maps: Sequence[AttentionMap]) -> tuple[go.Figure, str]:
    """The figure that shows the chosen maps, and its caption.

    Maps with heads become thumbnails; else the first map is drawn.
    """
    if maps[0].axes == HEADS:
        return _overview(prediction, maps)
    if maps[0].axes == ("query", "key") and len(maps) > 1:
        raise UnknownLayer("a picture shows one layer of one head", "give --layer with --head, or leave both out for all heads")
    return plot.PLOTS[maps[0].axes](maps[0]), _caption(prediction, maps[0])


def _caption(prediction: Result, m: AttentionMap) -> str:
    return plot.caption(m, prediction.card.name, prediction.seconds, prediction.tape.layers.index(m.layer))


def _overview(prediction: Result, maps: Sequence[AttentionMap]) -> tuple[go.Figure, str]:
    length = maps[0].size("query")
    rows = sampled([False] * length) if length > plot.MAX_CELLS else np.arange(length)
    alike = [m for m in maps if m.shape == maps[0].shape]
    square = length == maps[0].size("key")
    figure = plot.thumbnails(
        [
            [glance(m, head, [False] * length, rows).picture if square else m.pooled(head, SIDE) for head in range(m.size("head"))]
            for m in alike
        ]
    )
    names = ", ".join(m.layer for m in alike)
    read = f"Pictures are from {len(rows):,} of {length:,} rows, evenly spaced. " if len(rows) < length else ""
    return figure, (
        f"{prediction.card.name}: one picture for each head of {names}. Rows are queries, columns are keys, {maps[0].promise}. "
        f"Each picture is scaled to its own largest weight. {read}The forward pass took {prediction.seconds:.3f} s."
    )
