"""Where a patch looks: framed on the photo, and laid over it."""

import base64
import io
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from attnviz.encode import Patches
from attnviz.explain import over_patches
from attnviz.plot import as_url, caption, framed, laid_over, overlay
from tests.tiny import attention, gates, rows

NOISE = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
MAP = over_patches(attention(rows(7, 7)), Patches(2, 3, ("CLS",)), 4)


def frames(figure: go.Figure) -> set[tuple[str, float, float, float, float]]:
    return {(s.xref or "x", s.x0, s.x1, s.y0, s.y1) for s in figure.layout.shapes}


def test_a_frame_goes_around_one_cell_in_black_and_white_so_that_it_shows_on_any_photo() -> None:
    figure = framed(overlay(MAP, NOISE), 1, 2)
    assert frames(figure) == {("x", 1.5, 2.5, 0.5, 1.5)}
    assert [shape.line.color for shape in figure.layout.shapes] == ["black", "white"]


def test_the_strongest_patch_of_a_look_is_as_bright_as_the_photo_and_what_gets_nothing_is_dimmed() -> None:
    (row, column), weights = np.unravel_index(MAP.dense().argmax(), (2, 3)), MAP.dense()
    picture = laid_over(MAP, NOISE.repeat(4, 0).repeat(4, 1), 1.0, 0.0, float(weights.max()))
    assert picture.shape == (384, 384, 3)
    cell = (slice(192 * row, 192 * (row + 1)), slice(128 * column, 128 * (column + 1)))
    assert np.array_equal(picture[cell], NOISE.repeat(4, 0).repeat(4, 1)[cell])


def test_a_picture_becomes_an_address_that_holds_it() -> None:
    kind, content = as_url(NOISE).split(",")
    assert kind == "data:image/jpeg;base64"
    assert Image.open(io.BytesIO(base64.b64decode(content))).size == (96, 96)


def test_the_caption_of_picked_patches_counts_them() -> None:
    picks = replace(gates([[0, 1], [1, 1]]), kind="hard", norm="binary")
    assert "3 of 4 are picked." in caption(picks, "m", 0.1, 0)
