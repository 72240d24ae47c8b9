"""Where a point of the photo looks, from the shell."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from attnviz import Prediction, cli, load, predict
from attnviz.draw import numbers, picture
from attnviz.errors import AttnvizError
from attnviz.paths import ASSETS
from tests.grids import grid_net
from tests.tiny import write_photo_model

PHOTO = ASSETS / "photos" / "chelsea.jpg"


@pytest.fixture(scope="module")
def prediction() -> Prediction:
    """Layers of 4 x 6 and of 3 x 2 patches behind CLS, with two heads."""
    return predict(grid_net((4, 6), (3, 2), heads=2, cls=True), PHOTO.read_bytes())


def test_a_point_of_the_photo_is_the_patch_of_each_layer_in_which_it_lies(prediction: Prediction) -> None:
    (fine,), (coarse,) = (numbers(prediction, layer, 1, None, None, "0.9,0.3") for layer in "01")
    first, second = prediction.tape
    assert fine.dense().ravel().tolist() == first.head(1)[1 + 3 * 6 + 1, 1:].tolist()
    assert coarse.dense().ravel().tolist() == second.head(1)[1 + 2 * 2 + 0, 1:].tolist()


def test_without_a_head_it_is_the_mean_of_all(prediction: Prediction) -> None:
    (m,) = numbers(prediction, "1", None, None, None, "0,0")
    _, layer = prediction.tape
    np.testing.assert_allclose(m.dense().ravel(), (layer.head(0)[1, 1:] + layer.head(1)[1, 1:]) / 2, atol=1e-7)
    assert "Mean of all heads." in m.notes


def test_its_picture_frames_the_patch_on_the_photo_and_shows_the_map(prediction: Prediction) -> None:
    figure, caption, count = picture(prediction, "0", 1, None, None, "0.9,0.3")
    assert count == 1
    assert {(shape.xref, shape.x0, shape.y0) for shape in figure.layout.shapes} == {("x", 0.5, 2.5)}
    (m,) = numbers(prediction, "0", 1, None, None, "0.9,0.3")
    assert [np.array_equal(trace.z, m.dense()) for trace in figure.data[1:]] == [True, True]
    assert "Row 3, column 1 gives" in caption


@pytest.mark.parametrize("point", ["", "0.5", "0.5,1.1", "-0.1,0", "nan,0", "a,b", "0,0,0"])
def test_what_is_no_point_is_refused(prediction: Prediction, point: str) -> None:
    with pytest.raises(AttnvizError, match="is no point of the photo"):
        numbers(prediction, "0", 0, None, None, point)


def test_a_point_wants_a_layer_that_looks_from_patches(prediction: Prediction, photo_model: Path) -> None:
    with pytest.raises(AttnvizError, match="Give --layer with it"):
        numbers(prediction, None, 0, None, None, "0,0")
    with pytest.raises(AttnvizError, match="no point of a photo looks anywhere"):
        picture(predict(load(photo_model), PHOTO.read_bytes()), "0", None, None, None, "0,0")


def test_the_shell_writes_where_a_point_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, out = write_photo_model(tmp_path / "blocks", "non_local"), tmp_path / "a.json"
    words = ["map", str(folder), "--image", str(PHOTO), "--layer", "1", "--point", "0.99,0", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", ["attnviz", *words])
    with pytest.raises(SystemExit) as exit_code:
        cli.main()
    assert not exit_code.value.code
    (written,) = json.loads(out.read_text())["maps"]
    expected = predict(load(folder), PHOTO.read_bytes())
    _, layer = expected.tape
    np.testing.assert_allclose(np.ravel(written["weights"]), layer.head(0)[7 * 8], atol=1e-7)
    assert written["axes"] == ["key_row", "key_column"]
