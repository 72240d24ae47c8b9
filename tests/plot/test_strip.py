"""Several pictures of one photo in a row."""

from dataclasses import replace

import numpy as np
import pytest

from attnviz.maps import AttentionMap
from attnviz.plot import strip
from tests.tiny import gates

PIXELS = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)


def gate(side: int) -> AttentionMap:
    return replace(gates(np.random.default_rng(side).random((side, side + 1))), layer=f"stage.{side}")


def test_one_map_stands_between_the_photo_and_the_overlay() -> None:
    figure = strip([gate(4)], PIXELS)
    assert [note.text for note in figure.layout.annotations] == ["photo", "gates", "overlay"]
    assert [(image.xref, image.yref) for image in figure.layout.images] == [("x", "y"), ("x3", "y3")]
    assert [trace.xaxis for trace in figure.data] == ["x2", "x3"]
    assert all(np.array_equal(trace.z, gate(4).dense()) for trace in figure.data)


@pytest.mark.parametrize("sides", [(2, 4), (16, 8, 4)])
def test_several_maps_are_each_laid_over_the_photo(sides: tuple[int, ...]) -> None:
    maps = [gate(side) for side in sides]
    figure = strip(maps, PIXELS)
    assert [note.text for note in figure.layout.annotations] == ["photo", *(m.layer for m in maps)]
    assert len(figure.layout.images) == 1 + len(maps)
    for column, (trace, m) in enumerate(zip(figure.data, maps, strict=True), start=2):
        assert trace.xaxis == f"x{column}"
        assert np.array_equal(trace.z, m.dense())
        rows, columns = m.shape
        assert tuple(figure.layout[f"xaxis{column}"].range) == (-0.5, columns - 0.5)
        assert tuple(figure.layout[f"yaxis{column}"].range) == (rows - 0.5, -0.5)


def test_a_strip_is_small_enough_to_send() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (512, 512, 3), dtype=np.uint8)
    assert len(strip([gate(8)], noise).to_json()) <= 500_000
