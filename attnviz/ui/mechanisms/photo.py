"""The map of a mechanism over places, beside the photo and laid over it."""

import streamlit as st

from attnviz import plot
from attnviz.encode import Patches
from attnviz.explain import over_patches
from attnviz.maps import AttentionMap
from attnviz.mechanisms import FeatureMap
from attnviz.ui import widgets
from attnviz.ui.mechanisms.drawn import Result, files, flat

ROW, COLUMN = "mechanism-{}-row", "mechanism-{}-column"


def fits(result: Result) -> bool:
    """Whether the first map is over the places of a photo."""
    return result.photo is not None and flat(result.shown.maps[0]).axes in (("row", "column"), ("query", "key"))


def over_places(result: Result, side: str, inputs: FeatureMap) -> None:
    """Photo, map and overlay in a row; where places ask each other, of the place that is chosen."""
    whole, caption = flat(result.shown.maps[0]), ""
    m = whole
    if whole.axes == ("query", "key"):
        m, caption = _asked(whole, side, inputs)
    assert result.photo is not None
    top = 1.0 if m.norm == "sigmoid" else max(float(m.dense().max()), 1e-9)
    laid_over = plot.overlay(m, result.photo, 0.85, 0.0, top)
    photo, numbers, together = st.columns(3)
    with photo:
        widgets.chart(plot.photo(result.photo, foot=plot.FOOT), f"mechanism-{side}-photo", "The photo")
    with numbers:
        widgets.chart(plot.gate_map(m, 0.0, top), f"mechanism-{side}-figure", "The map")
    with together:
        widgets.chart(laid_over, f"mechanism-{side}-overlay", "The photo, dimmed where the map is low")
    told = plot.caption(m, result.of, result.seconds, result.mechanism.title)
    told = " ".join((told, caption, f"Colours run from 0 to {top:.3g}.", *result.shown.notes))
    widgets.foot(m, told, lambda: files(result, laid_over, told, f"mechanism-{side}"))


def _asked(whole: AttentionMap, side: str, inputs: FeatureMap) -> tuple[AttentionMap, str]:
    """Where the chosen place looks."""
    rows, columns = inputs.features.shape[1:]
    first, second = st.columns(2)
    row = first.slider("The place that asks: row", 0, rows - 1, rows // 2, key=ROW.format(side))
    column = second.slider("Column", 0, columns - 1, columns // 2, key=COLUMN.format(side))
    grid = Patches(rows, columns)
    return over_patches(whole, grid, grid.position(row, column)), f"It is the place in row {row}, column {column} that looks."
