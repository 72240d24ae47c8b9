"""Views of photos: things that are cut out, put elsewhere with their masks, and what nobody knows."""

import numpy as np
import pytest

from attnviz.train.crops import CutOut, by_place, composed, cut_out, ground, part, put, views


def on_white(thing: np.ndarray, top: int, left: int, side: int = 64) -> np.ndarray:
    """(side, side, 3): the thing on a ground that is not quite of one colour."""
    pixels = np.random.default_rng(0).integers(248, 256, (side, side, 3)).astype(np.uint8)
    pixels[top : top + thing.shape[0], left : left + thing.shape[1]] = thing
    return pixels


def ring(side: int = 30) -> np.ndarray:
    """A dark disc on white, with a hole of the colour of the ground."""
    rows, columns = np.indices((side, side)) - (side - 1) / 2
    far = np.hypot(rows, columns)
    dark = (far < side / 2) & (far > side / 5)
    return np.where(dark[..., None], np.uint8(30), np.uint8(252)).repeat(3, axis=2)


def test_a_thing_on_a_ground_of_one_colour_is_cut_out_with_its_holes() -> None:
    found = cut_out(on_white(ring(), 10, 20))
    assert found is not None
    assert found.cover.shape == pytest.approx((30, 30), abs=1)
    assert found.cover[15, 15] == 255  # what cannot be reached from the border belongs to the thing
    assert found.cover[0, 0] == 0
    assert (found.cover > 127).mean() == pytest.approx(np.pi * 14**2 / 30**2, abs=0.03)  # a disc, less a pixel at its edge


@pytest.mark.parametrize(
    "pixels",
    [
        np.random.default_rng(1).integers(0, 256, (64, 64, 3)).astype(np.uint8),
        on_white(np.zeros((6, 6, 3), np.uint8), 20, 20),
        on_white(np.zeros((40, 40, 3), np.uint8), 10, 10),
        np.full((64, 64, 3), 255, np.uint8),
    ],
    ids=["no ground of one colour", "too small", "a frame", "nothing"],
)
def test_what_is_no_thing_on_a_plain_ground_is_left(pixels: np.ndarray) -> None:
    assert cut_out(pixels) is None


def test_a_thing_that_is_put_elsewhere_is_where_its_mask_says() -> None:
    thing = CutOut(np.full((20, 30, 3), 250, np.uint8), np.full((20, 30), 255, np.uint8))
    seen = [composed(thing, np.zeros((224, 224, 3), np.uint8), np.random.default_rng(seed)) for seed in range(20)]
    for view in seen:
        assert ((view.pixels[..., 0] > 60) == (view.mask > 0.5)).mean() > 0.99
        assert view.mask.max() == 1
    middles = [np.argwhere(view.mask > 0.5).mean(0) for view in seen]
    assert np.std(middles, axis=0).min() > 25  # anywhere


def test_of_a_photo_on_a_ground_it_is_known_where_there_is_nothing() -> None:
    view = put(np.full((100, 150, 3), 200, np.uint8), np.zeros((224, 224, 3), np.uint8), np.random.default_rng(0))
    assert np.array_equal(np.isnan(view.mask), view.pixels[..., 0] > 0)
    assert (view.mask[~np.isnan(view.mask)] == 0).all()


def test_of_a_part_of_a_photo_nothing_is_known() -> None:
    view = part(np.zeros((100, 150, 3), np.uint8), np.random.default_rng(0))
    assert view.pixels.shape == (224, 224, 3)
    assert np.isnan(view.mask).all()


def test_a_ground_is_a_corner() -> None:
    pixels = np.zeros((100, 100, 3), np.uint8)
    pixels[45:55, 45:55] = 255
    assert not any(ground(pixels, np.random.default_rng(seed)).any() for seed in range(20))


def test_a_mask_by_place_is_a_mean_and_unknown_where_a_pixel_is() -> None:
    mask = np.zeros((4, 4), np.float32)
    mask[0, 0], mask[3, 3] = 1, np.nan
    np.testing.assert_array_equal(by_place(mask, 2), [[0.25, 0], [0, np.nan]])


def test_views_come_of_all_kinds_and_the_same_for_the_same_seed() -> None:
    photos = [np.random.default_rng(seed).integers(0, 256, (60, 80, 3)).astype(np.uint8) for seed in range(4)]
    things = [CutOut(np.zeros((9, 9, 3), np.uint8), np.full((9, 9), 255, np.uint8))]
    first, again = (views(40, photos, things, np.random.default_rng(5)) for _ in range(2))
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(first, again, strict=True))
    unknown = [np.isnan(view.mask).mean() for view in first]
    assert {share == 1 for share in unknown} == {True, False}
    assert any(share == 0 for share in unknown)
    assert any(0 < share < 1 for share in unknown)
