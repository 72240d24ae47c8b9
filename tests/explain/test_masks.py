"""Maps against masks, counted by hand and by painting pixels large."""

import numpy as np
import pytest

from attnviz.explain.masks import Score, area, coverage, in_part, overlap, score, summary

WHOLE = (0.0, 0.0, 4.0, 4.0)


def mask(*rows: str) -> np.ndarray:
    return np.array([[pixel == "#" for pixel in row] for row in rows])


def made(energy: float, area: float, pointing: float) -> Score:
    """Of a photo whose map ranks nothing."""
    return Score(energy, area, pointing, 0.5, area, np.zeros(4), np.zeros(4))


LEFT = mask("##..", "##..", "##..", "##..")


def test_energy_and_area_by_hand() -> None:
    weights = np.array([[0.6, 0.2], [0.9, 0.3]])
    found = score(weights, LEFT, WHOLE)
    assert found is not None
    assert (found.energy, found.area, found.pointing) == (pytest.approx(1.5 / 2.0), 0.5, 1.0)
    # 0.6 lies above 0.2 and 0.3, and 0.9 above both; the strongest of four places is all the object's
    assert (found.auc, found.top_quarter) == (1.0, 1.0)


def test_an_even_map_scores_the_objects_share_of_the_area() -> None:
    random = np.random.default_rng(0)
    painted = random.random((30, 40)) < 0.3
    for grid in ((1, 1), (7, 7), (3, 11)):
        found = score(np.full(grid, 0.2), painted, (2.5, 3.0, 27.0, 38.5))
        assert found is not None
        assert found.energy == pytest.approx(found.area)


def test_a_cell_that_the_object_covers_in_part_counts_in_part() -> None:
    weights = np.array([[1.0, 3.0]])  # the left cell is covered by 1/2, the right one not
    assert score(weights, mask("#...", "#...", "#...", "#..."), WHOLE).energy == pytest.approx(0.5 * 1 / 4)


def test_pointing_asks_for_the_centre_of_the_largest_cell() -> None:
    weights = np.zeros((2, 2))
    weights[0, 1] = 1
    assert score(weights, LEFT, WHOLE).pointing == 0
    assert score(weights[:, ::-1], LEFT, WHOLE).pointing == 1
    corner = mask("#...", "....", "....", "....")
    assert score(weights[:, ::-1], corner, WHOLE).pointing == 0  # the centre of the first cell is pixel (1, 1)


def test_cells_that_share_the_maximum_point_by_their_share() -> None:
    weights = np.array([[1.0, 1.0], [1.0, 0.0]])
    assert score(weights, LEFT, WHOLE).pointing == pytest.approx(2 / 3)


def test_what_float32_cannot_tell_apart_shares_the_maximum() -> None:
    weights = np.array([[1.0, 1.0], [0.0, 0.0]], np.float32)
    weights[0, 0] = np.nextafter(np.float32(1), np.float32(0))
    assert score(weights, LEFT, WHOLE).pointing == 0.5
    weights[0, 0] = 0.999
    assert score(weights, LEFT, WHOLE).pointing == 0


def test_an_object_that_fills_the_box_or_is_not_in_it_is_in_no_part_of_it_however_the_shares_round() -> None:
    for wide in range(1025, 1225):
        seen = (wide / 1024 * 128.0, wide / 1024 * 256.0, wide / 1024 * 896.0, wide / 1024 * 1024.0)
        everywhere = np.ones((wide, wide), bool)
        assert not in_part(everywhere, seen)
        assert not in_part(~everywhere, seen)
        one = ~everywhere
        one[wide // 2, wide // 2] = True
        assert in_part(one, seen)
        assert in_part(~one, seen)


def test_a_map_of_zeros_has_no_energy_to_share() -> None:
    assert score(np.zeros((2, 2)), LEFT, WHOLE) is None


def test_what_lies_outside_the_photo_is_no_object() -> None:
    wide = np.ones((2, 4), bool)  # between two bars: the model sees 4 x 4, of which the photo is the middle half
    box = (-1.0, 0.0, 3.0, 4.0)
    assert area(wide, box) == pytest.approx(0.5)
    assert coverage(wide, box, (4, 4)).tolist() == [[0] * 4, [1] * 4, [1] * 4, [0] * 4]
    weights = np.zeros((4, 4))
    weights[0] = 1
    found = score(weights, wide, box)
    assert found is not None
    assert (found.energy, found.area, found.pointing) == (0.0, pytest.approx(0.5), 0.0)


def test_what_was_cropped_away_counts_neither_as_object_nor_as_area() -> None:
    found = area(mask("#...", "#...", "#...", "#..."), (0.0, 1.0, 4.0, 4.0))
    assert found == 0


@pytest.mark.parametrize("box", [(0, 0, 10, 10), (1.25, 2.5, 8.75, 9.5), (-3, 0.5, 12, 10.25)])
@pytest.mark.parametrize("grid", [(1, 1), (3, 4), (7, 7), (16, 16)])
def test_coverage_is_that_of_the_mask_painted_large(box: tuple[float, float, float, float], grid: tuple[int, int]) -> None:
    painted = np.random.default_rng(1).random((10, 10)) < 0.4
    fine = 40  # little squares a cell
    rows, columns = (
        first + (np.arange(cells * fine) + 0.5) * (last - first) / (cells * fine)
        for first, last, cells in zip(box[:2], box[2:], grid, strict=True)
    )
    inside = ((rows >= 0) & (rows < 10))[:, None] & (columns >= 0) & (columns < 10)
    large = painted[np.clip(rows, 0, 9).astype(int)[:, None], np.clip(columns, 0, 9).astype(int)] & inside
    expected = large.reshape(grid[0], fine, grid[1], fine).mean((1, 3))
    assert np.allclose(coverage(painted, box, grid), expected, atol=0.06)


def test_the_pixels_of_a_cell_share_all_of_it() -> None:
    assert np.allclose(overlap(0.3, 9.1, 7, 12).sum(1), 1)


def test_the_intervals_hold_the_means_and_exclude_even_maps_where_all_photos_agree() -> None:
    scores = [made(energy=0.5 + 0.01 * i, area=0.3 + 0.01 * i, pointing=float(i % 4 > 0)) for i in range(40)]
    found = summary(scores)
    assert found["n"] == 40
    assert found["energy"] == pytest.approx(0.695)
    assert found["pointing"] == pytest.approx(0.75)
    assert found["above"] == pytest.approx(0.2)
    low, high = found["above_interval"]
    assert low == pytest.approx(high) == pytest.approx(0.2)  # photo by photo there is no doubt, although areas vary
    low, high = found["energy_interval"]
    assert low < 0.695 < high
    # the standard error of the mean of 0, 0.01 ... 0.39 is 0.01825: 95 % are within 1.96 of it
    assert (low, high) == pytest.approx((0.695 - 1.96 * 0.01825, 0.695 + 1.96 * 0.01825), abs=0.004)


def test_the_same_photos_give_the_same_intervals() -> None:
    scores = [made(0.1 * i, 0.3, 1.0) for i in range(9)]
    assert summary(scores) == summary(scores)
