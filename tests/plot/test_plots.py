"""What holds for every plot: the table, the caption, the thumbnails."""

import json
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest

from attnviz import plot
from attnviz.encode import Patches
from attnviz.explain import over_patches
from attnviz.maps import AttentionMap
from attnviz.plot import PLOTS, caption, thumbnails
from attnviz.plot.thumbnails import tile
from tests.tiny import attention, gates, rows

MAPS: dict[tuple[str, ...], AttentionMap] = {
    ("query", "key"): attention(rows(3, 3), ("a", "b", "a")),
    ("row", "column"): gates(np.random.default_rng(0).random((4, 5))),
    ("key_row", "key_column"): over_patches(attention(rows(7, 7)), Patches(2, 3, ("CLS",)), 0),
    ("channel",): gates(np.random.default_rng(0).random(6)),
    ("key",): attention(rows(5)),
    ("key picked",): attention(rows(4), axes=("key picked",)),
    ("query",): replace(gates(np.random.default_rng(0).random(5)), axes=("query",)),
    ("word",): replace(gates(np.random.default_rng(0).random(6)), axes=("word",)),
}


def test_every_plot_of_the_table_is_tried_here() -> None:
    assert set(PLOTS) == set(MAPS)
    assert all(hasattr(plot, name) for name in plot.__all__)


@pytest.mark.parametrize("axes", PLOTS)
def test_a_figure_holds_the_numbers_of_its_map_and_leaves_the_map_alone(axes: tuple[str, ...]) -> None:
    m = MAPS[axes]
    before = m.dense().copy()
    figure = PLOTS[axes](m)
    assert isinstance(figure, go.Figure)
    (trace,) = figure.data
    shown = trace.z if len(axes) == 2 else trace.y
    assert np.array_equal(np.sort(np.ravel(shown)), np.sort(np.ravel(before)))
    assert np.array_equal(m.dense(), before)
    assert json.loads(figure.to_json()) == json.loads(PLOTS[axes](m).to_json())


def test_the_caption_of_a_head_names_model_layer_head_promise_and_the_strongest_look() -> None:
    m = attention([[0.9, 0.1, 0.0], [0.2, 0.1, 0.7], [0.5, 0.4, 0.1]], ("a", "b", "c"))
    assert caption(m, "tiny", 0.0123, 2, head=3) == (
        "Layer 2, head 3 of tiny (self-attention, multi-head, layer.0): each row sums to 1. "
        "“b” looks at “c” with 0.700, the strongest look at another position. The forward pass took 0.012 s."
    )


def test_the_caption_carries_the_notes_of_the_map() -> None:
    m = attention([[1.0]], ("a",), notes=("Something was merged.",))
    assert caption(m, "tiny", 1, 0) == (
        "Layer 0 of tiny (self-attention, multi-head, layer.0): each row sums to 1. "
        "Something was merged. The forward pass took 1.000 s."
    )


def test_the_captions_of_gates_say_from_where_to_where_they_run() -> None:
    assert "2 x 2 gates, from 0.100 to 0.900." in caption(gates([[0.1, 0.2], [0.9, 0.3]]), "tiny", 0, 0)
    channels = caption(gates([0.5, 0.1, 0.9]), "tiny", 0, 0)
    assert "Gates run from 0.100 (channel 1) to 0.900 (channel 2)." in channels
    assert "nothing sums to 1" in channels


def test_a_tile_holds_the_largest_weight_of_each_part() -> None:
    weights = np.zeros((48, 48), np.float32)
    weights[3, 46], weights[47, 0] = 0.5, 0.25
    shown = tile(weights)
    assert shown.shape == (24, 24)
    assert (shown[1, 23], shown[23, 0]) == (255, 128)  # row 3 // 2, column 46 // 2; half of the largest
    assert (shown > 0).sum() == 2


def test_a_short_text_keeps_its_cells_and_nothing_is_dark() -> None:
    assert tile(np.array([[0.5, 0.25], [0.0, 0.1]], np.float32)).tolist() == [[255, 128], [0, 51]]
    assert tile(np.zeros((2, 2), np.float32)).tolist() == [[0, 0], [0, 0]]


def test_thumbnails_stand_in_rows_of_layers_and_columns_of_heads() -> None:
    strengths = np.eye(2, dtype=np.float32)
    layers = [[strengths, strengths[::-1]], [strengths, strengths], [strengths, strengths]]
    figure = thumbnails(layers, chosen=(2, 1))
    canvas, targets = figure.data
    assert canvas.z.shape == (3 * 5, 2 * 5)
    assert canvas.z[:2, :2].tolist() == [[255, 0], [0, 255]]
    assert canvas.z[:2, 5:7].tolist() == [[0, 255], [255, 0]]
    assert [list(place) for place in targets.customdata] == [[0, 0], [0, 1], [1, 0], [1, 1], [2, 0], [2, 1]]
    thin, strong = figure.layout.shapes
    assert thin.path.count("Z") == 3 * 2
    assert thin.path.endswith("M4 9H7V12H4Z")  # round the cells from 5 to 6 across and from 10 to 11 down
    assert (strong.x0, strong.x1, strong.y0, strong.y1, strong.line.width) == (4, 7, 9, 12, 3)


def test_thumbnails_of_a_large_model_are_small_enough_to_send() -> None:
    head = rows(300, 300)
    assert len(thumbnails([[head] * 12] * 12).to_json()) <= 500_000
