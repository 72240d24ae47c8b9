"""Picked patches over a photo: what is filled, what is left, and what is said."""

import base64
import io

import numpy as np
from PIL import Image

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


def test_every_patch_has_an_outline_and_picked_ones_are_filled_on_top() -> None:
    shapes = chosen_patches(*made(), PHOTO).layout.shapes
    assert len(shapes) == 4
    filled = [(round(s.y0 + 0.46), round(s.x0 + 0.46)) for s in shapes if s.line.width == 3]
    assert filled == [(0, 0), (1, 1)] == [(round(s.y0 + 0.46), round(s.x0 + 0.46)) for s in shapes[-2:]]


def test_what_was_not_picked_is_blank() -> None:
    source = left_over(made()[1], PHOTO).layout.images[0].source
    drawn = np.asarray(Image.open(io.BytesIO(base64.b64decode(source.split(",")[1]))))
    middles = ((np.arange(4) + 0.5) * len(drawn) / 4).astype(int)  # the picture is larger, so that a browser does not smooth it
    pixels = drawn[middles][:, middles]
    assert (pixels[:2, 2:] == 0).all()
    assert (pixels[2:, :2] == 0).all()
    assert np.array_equal(pixels[:2, :2, :3], PHOTO[:2, :2])
    assert np.array_equal(pixels[2:, 2:, :3], PHOTO[2:, 2:])


def test_shares_run_from_0_to_1() -> None:
    (trace,) = shares(np.array([[0.1, 0.9]], dtype=np.float32), "share of draws").data
    assert (trace.zmin, trace.zmax) == (0, 1)


def test_the_caption_tells_odds_picks_and_entropy() -> None:
    said = patches_caption(*made(), 1.75, "tiny", 0.1, seed=3)
    assert "the largest is 0.500, at row 0, column 0" in said
    assert "the 2 of 4 patches that were picked, drawn with seed 3" in said
    assert "50% of the pixels" in said
    assert "1.75 bits open for a pick, as many as 3.4 equally likely patches" in said
    assert "those with the largest odds" in patches_caption(*made(), 1.75, "tiny", 0.1)
