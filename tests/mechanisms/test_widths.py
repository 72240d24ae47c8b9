"""Kernel regression on points that a visitor moves: both limits, the left-out error by hand, and learning."""

import numpy as np
import pytest

from attnviz.errors import InputError
from attnviz.mechanisms.widths import learned, left_out_errors, measured, nearest, points_of
from tests.mechanisms.making import inputs

POINTS = [(2.0, 1.0), (0.0, 0.0), (1.0, 4.0)]


def test_points_are_read_a_line_each() -> None:
    assert points_of("0, 1\n2; 3.5") == [(0.0, 1.0), (2.0, 3.5)]


@pytest.mark.parametrize("text", ["", "1, 2", "1, 2, 3\n4, 5, 6", "1, 2\n3", "1, nan\n2, 3", "\n".join(["1, 2"] * 33)])
def test_what_is_no_two_to_32_points_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        points_of(text)


def test_points_are_put_in_the_order_of_x_and_keep_their_heights() -> None:
    points = measured(POINTS, -1.0, 3.0)
    assert points.x.tolist() == [0, 1, 2]
    assert points.y.tolist() == [0, 4, 1]
    assert (points.grid[0], points.grid[-1]) == (-1, 3)


def test_the_narrow_limit_is_the_nearest_point() -> None:
    points = measured(POINTS, -1.0, 3.0)
    by_hand = points.y[np.abs(points.grid[:, None] - points.x).argmin(1)]
    halfway = np.isclose(np.abs(points.grid[:, None] - points.x), 0.5, atol=1e-4).sum(1) > 1  # as near to both
    assert np.abs(nearest(points) - by_hand)[~halfway].max() < 1e-6


def test_the_left_out_error_is_that_of_foretelling_each_point_from_the_others() -> None:
    # three points at 0, 1, 2 and width 1: neighbours weigh e^-1/2, the far one e^-2
    near, far = np.exp(-0.5), np.exp(-2.0)
    guesses = [(4 * near + 1 * far) / (near + far), (0 + 1) / 2, (4 * near + 0 * far) / (near + far)]
    by_hand = np.mean([(guesses[0] - 0) ** 2, (guesses[1] - 4) ** 2, (guesses[2] - 1) ** 2])
    assert left_out_errors(measured(POINTS, 0, 2), [1.0]) == pytest.approx([by_hand], rel=1e-5)


def test_learning_goes_down_to_the_best_width_of_a_search() -> None:
    points = inputs("points")
    widths = np.geomspace(0.05, 5, 200)
    errors = left_out_errors(points, widths.tolist())  # type: ignore[arg-type]
    path = list(learned(points, 1.0))  # type: ignore[arg-type]
    assert len(path) == 201
    assert path[0][0] == pytest.approx(1.0)
    assert path[-1][1] <= min(errors) + 1e-3
    assert path[-1][0] == pytest.approx(widths[int(np.argmin(errors))], rel=0.05)
