"""From a prediction to maps, and for what has no view yet to figures: which layer, which head, which plot."""

from collections.abc import Iterable, Sequence

import numpy as np
import plotly.graph_objects as go

from attnviz import plot
from attnviz.encode import EncodedImage, Patches, Point
from attnviz.errors import InputError, UnknownLayer
from attnviz.explain import bits, glance, over_patches, sampled
from attnviz.maps import AttentionMap
from attnviz.results import PhotoResult, Result

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


def numbers(
    prediction: Result, layer: str | None, head: int | None, rows: str | None, columns: str | None, point: str | None = None
) -> list[AttentionMap]:
    """The maps that were asked for: where a point looks, some rows and columns of one head, or what `choose` gives."""
    if point is not None:
        return [at_point(prediction, layer, head, point)]
    windowed = rows is not None or columns is not None
    return [part(prediction, layer, head, rows, columns)] if windowed else choose(prediction, layer, head)


def part(prediction: Result, layer: str | None, head: int | None, rows: str | None, columns: str | None) -> AttentionMap:
    """The exact map of some rows and columns of one head, each written as `span` reads it."""
    return _of_one_head(prediction, layer, head).part(head or 0, *_spans(prediction, layer, head, rows, columns))


def at_point(prediction: Result, layer: str | None, head: int | None, point: str) -> AttentionMap:
    """Where the patch at a point of the photo looks through one head, or through the mean of all.

    The point is written as "0.5,0.4": shares of the height, from the top, and of the width, from the left.
    """
    whole, grid, _, place = _patch(prediction, layer, point)
    m = whole.mean_of_heads() if head is None and whole.size("head") > 1 else whole.at_head(head or 0)
    return over_patches(m, grid, grid.position(*place))


def _patch(prediction: Result, layer: str | None, point: str) -> tuple[AttentionMap, Patches, EncodedImage, tuple[int, int]]:
    """The map of a layer, its grid over the photo, the photo, and row and column of the patch at a point."""
    if layer is None:
        raise UnknownLayer("a point looks through one layer", "give --layer with it")
    whole = prediction.tape[layer_name(prediction, layer)]
    grid = prediction.grid(whole, "query") if isinstance(prediction, PhotoResult) else None
    if grid is None or whole.axes != HEADS or not isinstance(prediction.encoded, EncodedImage):
        raise InputError(
            f"in {whole.layer} of {prediction.card.name} no point of a photo looks anywhere",
            "take a layer with self-attention over patches",
        )
    return whole, grid, prediction.encoded, grid.at(_point(point))


def _point(given: str) -> Point:
    try:
        down, across = (float(share) for share in given.split(","))
    except ValueError:
        down = across = -1.0
    if not (0 <= down <= 1 and 0 <= across <= 1):
        raise InputError(f"{given!r} is no point of the photo", "write shares of its height and width, as 0.5,0.4")
    return Point(down, across)


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
    prediction: Result, layer: str | None, head: int | None, rows: str | None, columns: str | None, point: str | None = None
) -> tuple[go.Figure, str, int]:
    """The figure of what was asked for, its caption, and of how many maps it is."""
    if point is not None:
        *_, encoded, place = _patch(prediction, layer, point)
        m = at_point(prediction, layer, head, point)
        return plot.look(m, encoded.seen, *place), _caption(prediction, m), 1
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

    Maps with heads become thumbnails; maps over (row, column) are laid over the photo, in a row; else the first map is drawn.
    """
    if maps[0].axes == HEADS:
        return _overview(prediction, maps)
    if maps[0].axes == ("query", "key") and len(maps) > 1:
        raise UnknownLayer("a picture shows one layer of one head", "give --layer with --head, or leave both out for all heads")
    if isinstance(prediction.encoded, EncodedImage) and (shown := _on_photo(prediction, prediction.encoded, maps)) is not None:
        return shown
    return plot.PLOTS[maps[0].axes](maps[0]), _caption(prediction, maps[0])


def _on_photo(prediction: Result, photo: EncodedImage, maps: Sequence[AttentionMap]) -> tuple[go.Figure, str] | None:
    """What is laid over the photo: picked patches, or else all maps over its places; None where there are none."""
    if (picked := hard_patches(maps)) is not None:
        return plot.choice(*picked, photo.seen, photo.input), chosen_patches(prediction, *picked)
    spatial = [m for m in maps if m.axes == ("row", "column")]
    return (plot.strip(spatial, photo.seen), " ".join(_caption(prediction, m) for m in spatial)) if spatial else None


def hard_patches(maps: Iterable[AttentionMap]) -> tuple[AttentionMap, AttentionMap] | None:
    """The odds and the picks of hard attention over the patches of a photo, where both are among the maps."""
    hard = {m.norm: m for m in maps if m.kind == "hard"}
    return (hard["softmax"], hard["binary"]) if "softmax" in hard and "binary" in hard else None


def chosen_patches(prediction: Result, odds: AttentionMap, picked: AttentionMap) -> str:
    """The caption of picked patches."""
    seed = getattr(prediction, "seed", None)
    return plot.patches_caption(odds, picked, bits(odds.dense()), prediction.card.name, prediction.seconds, seed)


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
