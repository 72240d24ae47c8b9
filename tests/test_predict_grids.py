"""Layers of one model that look at grids of their own."""

from pathlib import Path

import numpy as np
import pytest

from attnviz import load, predict
from attnviz.encode import Patches
from attnviz.explain import over_patches
from attnviz.paths import ASSETS
from tests.grids import grid_net
from tests.tiny import PHOTO, write_photo_model

CAT = (ASSETS / "photos" / "chelsea.jpg").read_bytes()


def test_every_layer_has_its_own_grid_and_names_its_places() -> None:
    prediction = predict(grid_net((4, 6), (3, 2)), CAT)
    first, second = prediction.tape
    assert (prediction.grid(first), prediction.grid(second)) == (Patches(4, 6), Patches(3, 2))
    assert first.labels["key"] == first.labels["query"] == Patches(4, 6).names
    assert second.labels["query"][-1] == "row 2, column 1"


def test_a_position_of_a_grid_that_is_not_square_looks_at_the_right_rows_and_columns() -> None:
    prediction = predict(grid_net((4, 6), heads=2, cls=True), CAT)
    (m,) = prediction.tape
    grid = prediction.grid(m)
    assert grid == Patches(4, 6, ("CLS",))
    query = grid.position(3, 1)
    laid = over_patches(m.at_head(1), grid, query)
    for row in range(4):
        for column in range(6):
            assert laid.dense()[row, column] == m.head(1)[query, 1 + row * 6 + column]
    assert np.unique(laid.dense()).size == 24
    assert laid.notes[0].startswith("Row 3, column 1 gives ")


def test_a_layer_that_is_no_grid_has_none_and_its_positions_no_names() -> None:
    net = grid_net((4, 4), (2, 2))
    net.patches = lambda encoded, positions: {16: Patches(4, 4)}  # type: ignore[method-assign]  # noqa: ARG005
    prediction = predict(net, CAT)
    assert [prediction.grid(m) for m in prediction.tape] == [Patches(4, 4), None]
    assert [set(m.labels) for m in prediction.tape] == [{"query", "key"}, set()]


@pytest.mark.parametrize(("size", "stride", "sides"), [(32, 1, (16, 8)), (30, 1, (15, 7)), (33, 2, (8, 4))])
def test_a_residual_network_says_the_grid_of_each_stage(tmp_path: Path, size: int, stride: int, sides: tuple[int, ...]) -> None:
    config = {**PHOTO, "attention": "non_local", "stride": stride}
    image = {"size": size, "mean": [0.5] * 3, "std": [0.25] * 3}
    net = load(write_photo_model(tmp_path / "model", "non_local", config=config, image=image))
    prediction = predict(net, CAT)
    assert [prediction.grid(m) for m in prediction.tape] == [Patches(side, side) for side in sides]
