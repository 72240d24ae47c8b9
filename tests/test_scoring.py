"""A model's maps against masks: the mask goes the way of the photo, and what says nothing is left out."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from attnviz import load, predict
from attnviz.data.masked import Masked
from attnviz.errors import DataError, NothingToScore
from attnviz.explain.masks import coverage, score
from attnviz.scoring import maps_over, score_maps, seen
from tests import tiny


def made(mask: np.ndarray, seed: int = 0, mode: str = "RGB") -> Masked:
    pixels = np.random.default_rng(seed).integers(0, 256, (*mask.shape, 3), dtype=np.uint8)
    file = BytesIO()
    Image.fromarray(pixels).convert(mode).save(file, "PNG")
    return Masked(f"{seed}.png", file.getvalue(), mask)


def block(rows: slice, columns: slice, shape: tuple[int, int] = (48, 64)) -> np.ndarray:
    mask = np.zeros(shape, bool)
    mask[rows, columns] = True
    return mask


MIDDLE = block(slice(12, 36), slice(20, 44))


@pytest.mark.parametrize("fit", ["crop", "letterbox"])
@pytest.mark.parametrize("shape", [(48, 64), (64, 48), (50, 50), (1500, 2100)])
def test_the_mask_goes_the_way_of_the_photo(tmp_path: Path, fit: str, shape: tuple[int, int]) -> None:
    """A photo that shows its own mask, black elsewhere as the bars are: what the model gets of it is the mask's coverage."""
    black = {"size": 32, "mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0]}
    net = load(tiny.write_photo_model(tmp_path / "black", image=black))
    mask = block(slice(shape[0] // 4, shape[0] // 2), slice(shape[1] // 8, shape[1] * 2 // 3), shape)
    file = BytesIO()
    Image.fromarray(np.where(mask, 255, 0).astype(np.uint8)).save(file, "PNG")
    one = Masked("a.png", file.getvalue(), mask)
    result = predict(net, one.photo, fit=fit)
    cells = coverage(mask, seen(result, one), (32, 32))
    shown = result.encoded.input[..., 0] / 255
    assert np.abs(cells - shown).mean() < 0.03
    assert np.corrcoef(cells.ravel(), shown.ravel())[0, 1] > 0.97


def test_figures_are_those_of_single_predictions(photo_model: Path) -> None:
    net = load(photo_model)
    photos = [made(MIDDLE, seed) for seed in range(4)]
    found = score_maps(net, photos)
    scores = []
    for one in photos:
        fine, coarse = (m.dense() for m in predict(net, one.photo).tape if m.kind == "spatial")
        scores.append(
            score((fine + np.kron(coarse, np.ones((2, 2)))) / 2, one.mask, (0, 8, 48, 56))
        )  # the middle square of 48 x 64
    assert found["n"] == 4
    assert found["map"] == "combined"
    assert found["energy"] == pytest.approx(np.mean([one.energy for one in scores]))
    assert found["area"] == pytest.approx(24 * 24 / 48**2)
    assert found["pointing"] == pytest.approx(np.mean([one.pointing for one in scores]))
    assert list(found["maps"]) == ["combined", "stages.0.block.cbam.spatial", "stages.1.block.cbam.spatial"]
    assert {key: found[key] for key in ("energy", "energy_interval", "n")} == {
        key: found["maps"]["combined"][key] for key in ("energy", "energy_interval", "n")
    }


def test_bars_are_part_of_the_area_and_never_object(photo_model: Path) -> None:
    found = score_maps(load(photo_model), [made(np.ones((48, 64), bool))], fit="letterbox")
    assert found["area"] == pytest.approx(48 / 64)


def test_photos_whose_object_is_nowhere_or_everywhere_are_left_out(photo_model: Path) -> None:
    nowhere, everywhere = np.zeros((48, 64), bool), np.ones((48, 64), bool)
    cropped_away = block(slice(0, 48), slice(0, 8))
    found = score_maps(load(photo_model), [made(MIDDLE), made(nowhere), made(everywhere), made(cropped_away)])
    assert (found["n"], found["left_out"]) == (1, 3)
    with pytest.raises(DataError, match="None of the 1 photos shows its object in a part of what the model sees"):
        score_maps(load(photo_model), [made(nowhere)])


@pytest.mark.parametrize("mode", ["L", "RGBA", "1", "P"])
def test_photos_of_any_kind_are_taken(photo_model: Path, mode: str) -> None:
    assert score_maps(load(photo_model), [made(MIDDLE, mode=mode)])["n"] == 1


def test_a_photo_that_cannot_be_taken_is_named(photo_model: Path) -> None:
    with pytest.raises(DataError, match=r"The photo a\.jpg cannot be taken: the file is not an image of a known kind"):
        score_maps(load(photo_model), [Masked("a.jpg", b"no photo", MIDDLE)])


def test_self_attention_over_places_is_scored_by_how_much_they_are_looked_at(tmp_path: Path) -> None:
    net = load(tiny.write_photo_model(tmp_path / "non-local", attention="non_local"))
    result = predict(net, made(MIDDLE).photo)
    found = maps_over(result)
    for m in result.tape:
        side = round(m.size("key") ** 0.5)
        assert np.allclose(found[m.layer], m.dense().reshape(-1, side, side).mean(0))


def test_models_without_maps_over_photos_are_refused(tmp_path: Path, text_model: Path) -> None:
    with pytest.raises(NothingToScore, match="takes text, so it has no maps over photos"):
        score_maps(load(text_model), [made(MIDDLE)])
    with pytest.raises(NothingToScore, match="lays no map over a photo"):
        score_maps(load(tiny.write_photo_model(tmp_path / "se", attention="se")), [made(MIDDLE)])
