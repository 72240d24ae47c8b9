"""Figures of a forecast hold the numbers that they were given."""

import numpy as np

from attnviz import plot
from attnviz.maps import AttentionMap
from attnviz.weights import Dense

PAST, AHEAD = np.array([1.0, 3, 2, 5]), np.array([4.0, 6])
TIMES = ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-06"]
WEIGHTS = np.array([0.1, 0.2, 0.3, 0.4], dtype=np.float32)


def look() -> AttentionMap:
    rows = np.stack([WEIGHTS, WEIGHTS[::-1]])
    return AttentionMap("look", "soft", "multi-head", "softmax", ("query", "key"), Dense(rows))


def test_tint_and_area_are_the_weights_and_lines_the_numbers() -> None:
    figure = plot.continued(TIMES, PAST, AHEAD, WEIGHTS, ("naive <b>", AHEAD + 1), np.array([7.0]), 1)
    tint, area = figure.data[0], figure.data[-1]
    np.testing.assert_array_equal(np.squeeze(tint.z), WEIGHTS)
    np.testing.assert_array_equal(area.y, WEIGHTS)
    assert list(tint.x) == list(area.x) == TIMES[:4]
    lines = {line.name: (list(line.x), list(line.y)) for line in figure.data[1:-1]}
    assert lines["forecast"] == (TIMES[4:], [4, 6])
    assert lines["naive &lt;b&gt;"] == (TIMES[4:], [5, 7])
    assert lines["what came"] == (TIMES[4:5], [7])
    assert lines["this step"] == (TIMES[5:], [6])


def test_one_scale_holds_every_curve() -> None:
    figure = plot.continued(TIMES, PAST, AHEAD, WEIGHTS, None, np.array([50.0]))
    for axis in (figure.layout.yaxis, figure.layout.yaxis2):
        low, high = axis.range
        assert low < 1
        assert high > 50


def test_steps_that_nobody_measured_are_marked() -> None:
    figure = plot.continued(TIMES, PAST, AHEAD, WEIGHTS, filled=np.array([False, True, False, False]))
    assert [(list(mark.x), list(mark.y)) for mark in figure.data if mark.name == "filled"] == [(TIMES[1:2], [3])]


def test_the_rows_of_the_map_are_the_steps_ahead() -> None:
    figure = plot.steps_map(look(), TIMES[:4], 1)
    np.testing.assert_array_equal(figure.data[0].z, look().dense())
    assert list(figure.data[0].y) == ["+1", "+2"]
    assert (figure.layout.shapes[0].y0, figure.layout.shapes[0].y1) == (0.5, 1.5)


def test_the_map_of_states_sends_one_byte_a_cell_by_the_square_root() -> None:
    figure = plot.states_map(look(), TIMES[:4])
    assert figure.data[0].z.dtype == np.uint8
    np.testing.assert_array_equal(figure.data[0].z[0], np.round(np.sqrt(WEIGHTS / np.float32(0.4)) * 255))
