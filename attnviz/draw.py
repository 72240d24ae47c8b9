"""From a prediction to maps and figures: which layer, which head, which plot."""

from collections.abc import Sequence

import plotly.graph_objects as go

from attnviz import plot
from attnviz.encode import EncodedImage
from attnviz.errors import UnknownLayer
from attnviz.maps import AttentionMap
from attnviz.predict import Prediction


def choose(prediction: Prediction, layer: str | None = None, head: int | None = None) -> list[AttentionMap]:
    """The maps of all layers, or of one by number or name; of all their heads, or of one."""
    tape = prediction.tape
    maps = list(tape) if layer is None else [tape[layer_name(prediction, layer)]]
    if head is None:
        return maps
    if headless := next((m.layer for m in maps if "head" not in m.axes), None):
        raise UnknownLayer(f"the layer {headless} has no heads", "ask for the layer alone")
    return [m.at_head(head) for m in maps]


def layer_name(prediction: Prediction, layer: str) -> str:
    """A layer's name from its number in order, counted from 0; names are left as they are."""
    layers = prediction.tape.layers
    if not layer.isdecimal():
        return layer
    if int(layer) >= len(layers):
        raise UnknownLayer(f"there is no layer {layer}", f"layers are 0 to {len(layers) - 1}")
    return layers[int(layer)]


def figure_of(prediction: Prediction, maps: Sequence[AttentionMap]) -> tuple[go.Figure, str]:
    """The figure that shows the chosen maps, and its caption.

    Maps with heads become thumbnails; maps over (row, column) are laid over the photo, in a row; else the first map is drawn.
    """
    if maps[0].axes == ("head", "query", "key"):
        return _overview(prediction, maps)
    if maps[0].axes == ("query", "key") and len(maps) > 1:
        raise UnknownLayer("a picture shows one layer of one head", "give --layer with --head, or leave both out for all heads")
    spatial = [m for m in maps if m.axes == ("row", "column")]
    captions = " ".join(_caption(prediction, m) for m in spatial or maps[:1])
    if spatial and isinstance(prediction.encoded, EncodedImage):
        return plot.strip(spatial, prediction.encoded.seen), captions
    return plot.PLOTS[maps[0].axes](maps[0]), captions


def _caption(prediction: Prediction, m: AttentionMap) -> str:
    return plot.caption(m, prediction.card.name, prediction.seconds, prediction.tape.layers.index(m.layer))


def _overview(prediction: Prediction, maps: Sequence[AttentionMap]) -> tuple[go.Figure, str]:
    figure = plot.thumbnails([[m.head(head) for head in range(m.size("head"))] for m in maps])
    names = ", ".join(m.layer for m in maps)
    return figure, (
        f"{prediction.card.name}: one picture for each head of {names}. Rows are queries, columns are keys, {maps[0].promise}. "
        f"Each picture is scaled to its own largest weight. The forward pass took {prediction.seconds:.3f} s."
    )
