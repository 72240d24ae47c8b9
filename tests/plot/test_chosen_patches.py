"""Picked patches over a photo: what is filled, what is left, and what is said."""

import numpy as np

from attnviz.maps import AttentionMap
from attnviz.plot.chosen_patches import chosen_patches, left_over, patches_caption, shares
from attnviz.weights import Dense

ODDS = np.array([[0.5, 0.25], [0.125, 0.125]], dtype=np.float32)
PICKS = np.array([[1, 0], [0, 1]], dtype=np.float32)
PHOTO = np.arange(4 * 4 * 3, dtype=np.uint8).reshape(4, 4, 3)


def made() -> tuple[AttentionMap, AttentionMap]:
    return (
        AttentionMap("picker.odds", "hard", "plackett-luce", "softmax", ("key_row", "key_column"), Dense(ODDS)),
        AttentionMap("picker.picks", "hard", "plackett-luce", "binary", ("row", "column"), Dense(PICKS)),
    )


def test_every_patch_has_an_outline_as_strong_as_its_odds_and_picked_ones_are_filled() -> None:
    grey = np.full((384, 384, 3), 100, np.uint8)
    drawn = chosen_patches(*made(), grey).astype(int)
    middles = drawn[96::192, 96::192]
    assert (middles[[0, 1], [0, 1]] != 100).any(-1).all()  # filled
    assert (middles[[0, 1], [1, 0]] == 100).all()
    tops = [drawn[192 * row : 192 * row + 20, 192 * column + 96] for row, column in ((0, 1), (1, 0))]
    outlines = [np.abs(top - 100).sum() for top in tops]
    assert outlines[0] > outlines[1] > 0  # odds of a quarter and of an eighth, neither picked


def test_what_was_not_picked_is_blank() -> None:
    pixels = left_over(made()[1], PHOTO)
    assert (pixels[:2, 2:] == 0).all()
    assert (pixels[2:, :2] == 0).all()
    assert np.array_equal(pixels[:2, :2, :3], PHOTO[:2, :2])
    assert np.array_equal(pixels[2:, 2:, :3], PHOTO[2:, 2:])
    assert (pixels[:2, :2, 3] == 255).all()


def test_shares_run_from_0_to_1() -> None:
    (trace,) = shares(np.array([[0.1, 0.9]], dtype=np.float32), "share of draws").data
    assert (trace.zmin, trace.zmax) == (0, 1)


def test_the_caption_tells_odds_picks_and_entropy() -> None:
    said = patches_caption(*made(), 1.75, "tiny", seed=3)
    assert "the largest is 0.500, at row 0, column 0" in said
    assert "the 2 of 4 patches that were picked, drawn with seed 3" in said
    assert "50% of the pixels" in said
    assert "1.75 bits open for a pick, as many as 3.4 equally likely patches" in said
    assert "those with the largest odds" in patches_caption(*made(), 1.75, "tiny")
