"""Several pictures of one photo in a row."""

import numpy as np

from attnviz.plot import Picture, gate_map, in_a_row
from tests.tiny import gates

NOISE = np.random.default_rng(0).integers(0, 256, (512, 512, 3), dtype=np.uint8)
GATES = gates(np.random.default_rng(1).random((4, 5)))


def test_a_map_stands_between_a_framed_photo_and_another() -> None:
    figure = in_a_row([Picture(NOISE, "", (4, 5), at=(1, 2)).as_figure(), gate_map(GATES), Picture(NOISE, "", (4, 5)).as_figure()])
    assert [(image.xref, image.yref) for image in figure.layout.images] == [("x", "y"), ("x3", "y3")]
    (cells,) = figure.data
    assert cells.xaxis == "x2"
    assert np.array_equal(cells.z, GATES.dense())
    assert {(shape.xref, shape.x0, shape.y0) for shape in figure.layout.shapes} == {("x", 1.5, 0.5)}
    for axes in ("", "2", "3"):
        assert tuple(figure.layout[f"xaxis{axes}"].range) == (-0.5, 4.5)
        assert tuple(figure.layout[f"yaxis{axes}"].range) == (3.5, -0.5)
    assert len(figure.to_json()) <= 500_000
