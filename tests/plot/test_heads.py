"""Heads side by side, numbers in cells, and errors by width."""

from dataclasses import replace

import numpy as np

from attnviz.plot import difference, heatmap, side_by_side, width_errors, with_numbers
from attnviz.weights import Dense
from tests.tiny import attention, rows


def test_every_head_is_a_heatmap_of_its_own_on_one_scale() -> None:
    weights = np.stack([rows(3, 4), np.full((3, 4), 0.25, dtype=np.float32)])
    m = replace(attention(weights[0]), axes=("head", "query", "key"), weights=Dense(weights), labels={"query": ("a", "b", "a")})
    figure = side_by_side(m)
    assert [trace.z.tolist() for trace in figure.data] == weights.tolist()
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (0, 1)
    assert len(set(figure.data[0].y)) == 3  # the same word twice stays two rows


def test_no_more_than_sixteen_heads_are_drawn() -> None:
    weights = np.full((17, 2, 2), 0.5, dtype=np.float32)
    m = replace(attention(weights[0]), axes=("head", "query", "key"), weights=Dense(weights), labels={})
    assert len(side_by_side(m).data) == 16


def test_small_heatmaps_carry_their_numbers_in_white_where_cells_are_full_in_black_elsewhere_and_none_for_zero() -> None:
    figure = with_numbers(heatmap(attention(np.array([[0.9, 0.1, 0.0], [0.25, 0.25, 0.5], [1.0, 0.0, 0.0]], dtype=np.float32))))
    (trace,) = figure.data[1:]
    assert list(zip(trace.text, trace.textfont.color, strict=True)) == [
        ("0.90", "black"), ("0.10", "black"), ("0.25", "black"), ("0.25", "black"), ("0.50", "black"), ("1.00", "white"),
    ]  # fmt: skip


def test_a_wide_heatmap_carries_none() -> None:
    assert len(with_numbers(heatmap(attention(rows(11, 11)))).data) == 1


def test_differences_carry_their_signs() -> None:
    first, second = (attention(np.array([[a, 1 - a]], dtype=np.float32)) for a in (0.75, 0.5))
    figure = with_numbers(difference(first, second))
    assert sorted(text for trace in figure.data[1:] for text in trace.text) == ["-0.25", "0.25"]


def test_the_way_of_learning_lies_over_the_errors() -> None:
    figure = width_errors([0.1, 1.0], [0.5, 0.2], 0.3, [(0.5, 0.4), (1.0, 0.2)])
    assert figure.layout.xaxis.type == "log"
    assert [list(trace.x) for trace in figure.data] == [[0.1, 1.0], [0.5, 1.0]]
    assert figure.layout.shapes[0].x0 == 0.3
