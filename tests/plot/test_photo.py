"""A gate at its true resolution, and laid over the photo cell by cell."""

import base64
import io
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from PIL import Image

from attnviz.plot import gate_map, overlay, photo
from attnviz.plot.photo import dimmed
from attnviz.plot.style import HUES
from tests.tiny import gates

NOISE = np.random.default_rng(0).integers(0, 256, (512, 512, 3), dtype=np.uint8)
GATES = np.random.default_rng(1).random((8, 6)).astype(np.float32)


def picture(figure: go.Figure) -> np.ndarray[Any, Any]:
    """The pixels of the layout image."""
    (image,) = figure.layout.images
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(image.source.split(",")[1]))))


def test_a_gate_map_shows_every_gate_once_row_0_on_top() -> None:
    figure = gate_map(gates(GATES))
    (cells,) = figure.data
    assert np.array_equal(cells.z, GATES)
    assert (cells.zmin, cells.zmax) == (0, 1)
    assert HUES["sigmoid"] in cells.colorscale[-1][1]
    assert tuple(figure.layout.yaxis.range) == (7.5, -0.5)
    assert tuple(figure.layout.xaxis.range) == (-0.5, 5.5)


def test_a_scale_of_ones_own_is_kept_and_shown() -> None:
    (cells,) = gate_map(gates(GATES), bottom=0.25, top=0.75).data
    assert (cells.zmin, cells.zmax) == (0.25, 0.75)
    assert list(cells.colorbar.ticktext) == ["0.25", "0.5", "0.75"]


def test_an_overlay_has_the_numbers_of_the_gates_under_the_pointer() -> None:
    figure = overlay(gates(GATES), NOISE)
    assert np.array_equal(figure.data[0].z, GATES)
    assert figure.data[0].opacity == 0


def test_an_open_gate_leaves_the_photo_as_it_is() -> None:
    assert np.array_equal(dimmed(NOISE, np.ones((4, 4), np.float32), 1.0), NOISE)
    assert np.array_equal(dimmed(NOISE, np.zeros((4, 4), np.float32), 0.0), NOISE)


def test_a_shut_gate_leaves_dark_grey() -> None:
    pixels = np.full((2, 2, 3), (250, 100, 50), np.uint8)  # mean 133.33, three tenths of it are 40
    assert dimmed(pixels, np.zeros((1, 1), np.float32), 1.0)[0, 0].tolist() == [40, 40, 40]
    # 0.8 shut at opacity 0.5: 0.6 of the photo and 0.4 of the grey
    assert dimmed(pixels, np.full((1, 1), 0.2, np.float32), 0.5)[0, 0].tolist() == [166, 76, 46]


def test_each_gate_covers_its_own_cell_without_smoothing() -> None:
    share = np.zeros((2, 4), np.float32)
    share[0, 3] = 1
    shown = dimmed(np.full((10, 20, 3), 200, np.uint8), share, 1.0)
    assert (shown[:5, 15:] == 200).all()
    assert (shown[5:] == 60).all()
    assert (shown[:, :15] == 60).all()


def test_the_drawn_overlay_is_bright_where_the_gate_is_open() -> None:
    pixels = np.full((64, 64, 3), 200, np.uint8)
    shown = picture(overlay(gates([[0.0, 1.0], [0.0, 0.0]]), pixels, opacity=1.0))
    half = len(shown) // 2
    assert np.abs(shown[8 : half - 8, half + 8 : -8].astype(int) - 200).max() <= 3
    assert np.abs(shown[half + 8 : -8].astype(int) - 60).max() <= 3


@pytest.mark.parametrize("side", [8, 32, 384, 512])
def test_every_picture_is_small_enough_to_send(side: int) -> None:
    pixels = NOISE[:side, :side]
    assert len(photo(pixels).to_json()) <= 500_000
    assert len(overlay(gates(np.random.default_rng(0).random((64, 64))), pixels).to_json()) <= 500_000
    assert len(gate_map(gates(np.random.default_rng(0).random((224, 224)))).to_json()) <= 500_000


def test_a_small_photo_is_enlarged_pixel_by_pixel() -> None:
    pixels = np.zeros((8, 8, 3), np.uint8)
    pixels[:, 4:] = 255
    shown = picture(photo(pixels))
    assert shown.shape == (384, 384, 3)
    assert shown[:, :184].max() < 10
    assert shown[:, 200:].min() > 245


def test_a_box_beyond_the_photo_widens_the_view() -> None:
    figure = photo(NOISE[:40, :80], box=(-20, 0, 60, 80))
    (frame,) = figure.layout.shapes
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (-0.5, 79.5, -20.5, 59.5)
    assert tuple(figure.layout.xaxis.range) == (-0.5, 79.5)
    assert tuple(figure.layout.yaxis.range) == (59.5, -20.5)


def test_a_smoothed_overlay_is_bilinear_between_the_middles_of_the_cells() -> None:
    pixels = np.full(
        (2, 4, 3), 100, np.uint8
    )  # shut, it is 30; the middles of four pixels lie at 0, 1/4, 3/4 and 1 between two cells
    row = dimmed(pixels, np.array([[0.0, 1.0]], np.float32), 1.0, smooth=True)[0, :, 0]
    assert row.tolist() == [30, 48, 82, 100]
    assert dimmed(pixels, np.array([[0.0, 1.0]], np.float32), 1.0)[0, :, 0].tolist() == [30, 30, 100, 100]


def test_a_smoothed_map_keeps_its_numbers() -> None:
    (cells,) = gate_map(gates(GATES), smooth=True).data
    assert np.array_equal(cells.z, GATES)
    assert cells.zsmooth == "best"
    assert gate_map(gates(GATES)).data[0].zsmooth is None
