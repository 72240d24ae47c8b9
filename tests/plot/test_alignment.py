"""The figures of translations: alignment with probabilities and windows, and differences."""

import numpy as np
import pytest

from attnviz import plot
from attnviz.maps import AttentionMap
from attnviz.weights import Dense


def attention(weights: list[list[float]]) -> AttentionMap:
    labels = {"query": ("the", "<b>"), "key": ("le", "le", "mot")}
    return AttentionMap("a", "soft", "bahdanau", "partial", ("query", "key"), Dense(np.array(weights, dtype=np.float32)), labels)


FIRST = attention([[0.5, 0.25, 0.25], [0.0, 0.0, 1.0]])
SECOND = attention([[0.25, 0.5, 0.25], [0.0, 0.0, 0.5]])


def test_the_probability_stands_beside_each_word() -> None:
    figure = plot.alignment(FIRST, [0.987, 0.5])
    assert figure.layout.yaxis.ticktext == ("the  0.99", "&lt;b&gt;  0.50")
    np.testing.assert_array_equal(figure.data[0].z, FIRST.dense())


def test_each_row_has_its_window_and_centre_within_the_figure() -> None:
    shapes = plot.alignment(FIRST, [1, 1], windows=[(-1, 0.5, 1), (1, 2, 3)]).layout.shapes
    assert [(shape.type, shape.x0, shape.x1) for shape in shapes] == [
        ("rect", -0.5, 1.5), ("line", 0.5, 0.5), ("rect", 0.5, 2.5), ("line", 2, 2),
    ]  # fmt: skip


def test_a_difference_is_the_first_less_the_second_with_0_in_the_middle() -> None:
    figure = plot.difference(FIRST, SECOND)
    np.testing.assert_array_equal(figure.data[0].z, FIRST.dense() - SECOND.dense())
    assert figure.data[0].zmin == -0.5
    assert figure.data[0].zmax == 0.5
    assert figure.data[0].colorscale[len(figure.data[0].colorscale) // 2][1].endswith(", 0.000)")


def test_maps_that_are_alike_differ_nowhere() -> None:
    assert not plot.difference(FIRST, FIRST).data[0].z.any()


def test_bars_of_words_go_to_the_side_that_has_more() -> None:
    figure = plot.word_difference(["good", "good", "<i>"], [0.5, 0.2, 0.3], [0.1, 0.6, 0.3])
    assert list(figure.data[0].x) == pytest.approx([0.4, -0.4, 0])
    assert len(set(figure.data[0].y)) == 3
    assert figure.data[0].marker.color[0] != figure.data[0].marker.color[1]
