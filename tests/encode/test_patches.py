"""Positions and places of the photo."""

import pytest

from attnviz.encode import Patches, Point

GRID = Patches(2, 3, ("CLS", "register 0"))


@pytest.mark.parametrize(
    ("point", "place"),
    [((0, 0), (0, 0)), ((0.49, 0.34), (0, 1)), ((0.5, 0.66), (1, 1)), ((1, 1), (1, 2)), ((-0.1, 1.7), (0, 2))],
)
def test_a_point_lies_in_one_patch_and_what_is_outside_goes_to_the_nearest(
    point: tuple[float, float], place: tuple[int, int]
) -> None:
    assert GRID.at(Point(*point)) == place


def test_the_middle_of_every_patch_lies_in_it_and_its_position_has_its_name() -> None:
    for row in range(2):
        for column in range(3):
            assert GRID.at(GRID.middle(row, column)) == (row, column)
            assert GRID.names[GRID.position(row, column)] == f"row {row}, column {column}"


def test_a_point_stays_on_the_photo_when_the_grid_changes() -> None:
    fine, coarse = Patches(16, 16), Patches(4, 4, ("CLS",))
    point = fine.middle(5, 14)
    assert coarse.at(point) == (1, 3)
    assert fine.at(point) == (5, 14)
