"""Figures in the colours and sizes of their page."""

import base64
import re
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from attnviz import plot
from attnviz.maps import AttentionMap
from attnviz.plot.dressed import BRIGHT, INK, Stage, dressed
from attnviz.plot.style import BLUE, ORANGE
from tests.tiny import attention

PAGES = {False: (255, 255, 255), True: (25, 24, 21)}


def numbers(colour: str) -> list[float]:
    return [float(part) for part in re.findall(r"[\d.]+", colour)]


def array(value: Any) -> np.ndarray:
    """Numbers of a figure, which may be packed as they are sent."""
    if not isinstance(value, dict):
        return np.asarray(value)
    shape = [int(side) for side in str(value.get("shape", "-1")).split(",")]
    return np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"]).reshape(shape)


def luminance(colour: np.ndarray) -> float:
    """Of sRGB, as WCAG 2 defines it."""
    share = colour / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: np.ndarray, other: np.ndarray) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ground(scale: list[tuple[float, str]], share: float, page: tuple[int, ...]) -> np.ndarray:
    """What a cell looks like: the colour between its neighbours on the scale, over the page."""
    stops, colours = [stop for stop, _ in scale], np.array([numbers(colour) for _, colour in scale])
    mixed = np.array([np.interp(share, stops, colours[:, i]) for i in range(4)])
    return np.array(mixed[3] * mixed[:3] + (1 - mixed[3]) * np.array(page))


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("norm", ["softmax", "onehot", "sigmoid", "difference"])
def test_numbers_in_cells_are_read_on_every_strength_of_every_hue(norm: str, dark: bool) -> None:
    row = np.linspace(0.02, 1, 50, dtype=np.float32)
    weights = np.stack([row, 1 - row], 1)
    if norm == "difference":
        figure = plot.difference(attention(weights), attention(1 - weights))
    else:
        figure = plot.heatmap(attention(weights))
        if norm != "softmax":
            figure.data[0].colorscale = plot.style.fade(plot.style.HUES[norm])
    figure = dressed(plot.with_numbers(figure), dark)
    cells, texts = figure.data[0], figure.data[1:]
    bottom, top = cells.zmin, cells.zmax
    checked = 0
    for trace in texts:
        for x, y, ink in zip(trace.x, trace.y, trace.textfont.color, strict=True):
            letters = np.array({"white": (255, 255, 255), "black": (0, 0, 0)}[ink])
            z = array(cells.z)[list(cells.y).index(y), list(cells.x).index(x)]
            assert contrast(letters, ground(cells.colorscale, (z - bottom) / (top - bottom), PAGES[dark])) >= 4.5
            checked += 1
    assert checked > 90


def test_a_small_weight_is_seen_in_the_dark_as_soon_as_in_the_light_and_the_largest_is_bright() -> None:
    figure = plot.heatmap(attention([[0.05, 0.95], [0.5, 0.5]], ("a", "b")))
    scales = {dark: dressed(figure, dark).data[0].colorscale for dark in (False, True)}
    small = {dark: contrast(ground(scale, 0.05, PAGES[dark]), np.array(PAGES[dark])) for dark, scale in scales.items()}
    assert small[True] > small[False] > 1
    for dark, scale in scales.items():
        assert np.array_equal(ground(scale, 0, PAGES[dark]), PAGES[dark])
        assert contrast(ground(scale, 1, PAGES[dark]), np.array(PAGES[dark])) > 4.5


def test_a_figure_is_not_changed_and_its_numbers_are_those_that_it_had() -> None:
    row = attention([0.25, 0.75])
    for figure in (plot.heatmap(attention([[1.0]])), plot.sentence(row)):
        before = figure.to_json()
        shown = dressed(figure, True, Stage(800, 400, 24))
        assert figure.to_json() == before
        for old, new in zip(figure.data, shown.data, strict=True):
            values = "z" if old.type == "heatmap" else "y"
            assert np.array_equal(array(old[values]), array(new[values]))
        assert shown.layout.height == 400


@pytest.mark.parametrize("stage", [None, Stage(800, 400, 24)])
@pytest.mark.parametrize("dark", [False, True])
def test_figures_without_numbers_or_with_several_plots_are_dressed_too(dark: bool, stage: Stage | None) -> None:
    pixels = np.zeros((8, 8, 3), dtype=np.uint8)
    for figure in (plot.photo(pixels), plot.in_a_row([plot.photo(pixels), plot.photo(pixels)]), plot.side_by_side(heads())):
        shown = dressed(figure, dark, stage)
        assert len(shown.data) == len(figure.data)
        assert len(shown.layout.images) == len(figure.layout.images)
        assert shown.to_json()


def heads() -> AttentionMap:
    return attention(np.full((2, 3, 3), 1 / 3, dtype=np.float32))


def test_hues_of_bars_and_frames_shine_too_and_letters_fill_the_room_that_names_leave() -> None:
    bars = dressed(plot.word_difference(["a", "b"], [0.5, 0.1], [0.1, 0.4]), True)
    assert list(bars.data[0].marker.color) == [f"rgb({BRIGHT[BLUE]})", f"rgb({BRIGHT[ORANGE]})"]
    many = plot.heatmap(attention(np.full((40, 40), 1 / 40, dtype=np.float32), tuple(f"word {i}" for i in range(40))))
    few = plot.heatmap(attention([[1.0]], ("word",)))
    sizes = [dressed(figure, False, Stage(1200, 420, 22)).layout.yaxis.tickfont.size for figure in (many, few)]
    assert sizes == [11, 22]
    assert dressed(go.Figure(few), False).layout.yaxis.tickfont.color == INK[False]
