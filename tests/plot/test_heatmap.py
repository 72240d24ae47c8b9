"""The heatmap shows the numbers of the map and the words as they were typed."""

import numpy as np
import plotly.graph_objects as go
import pytest

from attnviz.plot import heatmap
from attnviz.plot.heatmap import MAX_CELLS, as_text, distinct
from attnviz.plot.style import HUES
from tests.tiny import attention, rows

LIMIT = 500_000


def test_cells_are_the_weights_with_queries_as_rows_and_keys_as_columns() -> None:
    weights = rows(2, 3)
    m = attention(weights).labelled(query=("a", "b"), key=("x", "y", "z"))
    figure = heatmap(m)
    assert isinstance(figure, go.Figure)
    (cells,) = figure.data
    assert np.array_equal(cells.z, weights)
    assert list(cells.y) == ["a", "b"]
    assert list(cells.x) == ["x", "y", "z"]
    assert figure.layout.yaxis.autorange == "reversed"  # the first query is on top


def test_the_scale_runs_from_0_to_the_given_top_in_the_hue_of_the_promise() -> None:
    m = attention(rows(2, 2))
    assert (heatmap(m).data[0].zmin, heatmap(m).data[0].zmax) == (0, 1)
    assert heatmap(m, top=0.25).data[0].zmax == 0.25
    assert HUES["softmax"] in heatmap(m).data[0].colorscale[-1][1]
    assert HUES["onehot"] in heatmap(attention([[0, 1]], norm="onehot")).data[0].colorscale[-1][1]
    assert len({HUES["softmax"], HUES["onehot"], HUES["sigmoid"]}) == 3


def test_the_same_word_twice_stays_two_rows_and_two_columns() -> None:
    (cells,) = heatmap(attention(rows(4, 4), ("very", "very", "very", "good"))).data
    assert len(set(cells.x)) == len(set(cells.y)) == 4
    assert [name.replace("\u200b", "") for name in cells.x] == ["very", "very", "very", "good"]


def test_labels_are_no_markup() -> None:
    (cells,) = heatmap(attention(rows(2, 2), ("<b>bold</b>", "&lt; <a href='http://x'>"))).data
    assert list(cells.x) == ["&lt;b&gt;bold&lt;/b&gt;", "&amp;lt; &lt;a href='http://x'&gt;"]
    assert as_text("a & b") == "a &amp; b"


def test_a_map_without_labels_is_numbered() -> None:
    (cells,) = heatmap(attention(rows(2, 3))).data
    assert list(cells.y) == ["0", "1"]
    assert list(cells.x) == ["0", "1", "2"]
    assert distinct(("7", "7"), 2) == ["7", "7\u200b"]


def test_a_locked_row_is_framed() -> None:
    m = attention(rows(3, 5))
    assert not heatmap(m).layout.shapes
    (frame,) = heatmap(m, locked=1).layout.shapes
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (-0.5, 4.5, 0.5, 1.5)


@pytest.mark.parametrize("length", [1, 20, MAX_CELLS, 400])
def test_the_figure_stays_small_enough_to_send(length: int) -> None:
    m = attention(rows(length, length), tuple(f"unbelievable{i}" for i in range(length)))
    figure = heatmap(m)
    assert figure.data[0].z.shape == (min(length, MAX_CELLS),) * 2
    assert len(figure.to_json()) <= LIMIT
    assert 200 <= figure.layout.height <= 800
