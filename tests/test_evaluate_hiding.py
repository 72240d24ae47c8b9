"""What is hidden of a photo, and that agreement comes with what hiding does."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from attnviz import load
from attnviz.cards import sha256
from attnviz.data import photos
from attnviz.evaluate import evaluate
from attnviz.evaluate_hiding import grey, hiding
from attnviz.predict import predict
from tests import tiny


def test_the_fifth_with_the_largest_weights_becomes_grey_and_nothing_else() -> None:
    image = torch.ones(1, 3, 10, 20)
    weights = np.zeros((5, 5))
    weights[[0, 1, 4, 2, 3], [0, 3, 4, 2, 1]] = [5, 4, 3, 2, 1]
    shown = grey(image, weights)[0, 0].reshape(5, 2, 5, 4)
    assert (shown.amin((1, 3)) == shown.amax((1, 3))).all()
    assert np.array_equal(shown[:, 0, :, 0].numpy() == 0, weights > 0)


@torch.no_grad()
def test_falls_are_those_of_single_decisions(tmp_path: Path) -> None:
    net = load(tiny.write_photo_model(tmp_path / "model"))
    pixels = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), dtype=np.uint8)
    found = hiding(net, pixels)
    assert found["n"] == 2
    assert found["more"] == pytest.approx(found["strongest"] - found["centre"])
    low, high = found["more_interval"]
    assert low <= found["more"] <= high


def test_agreement_comes_with_what_hiding_does(tmp_path: Path) -> None:
    tiny.write_photos(tmp_path, {"airplanes": 20, "wrench": 10}, {"roses": 10})
    held_out = photos.split(tmp_path)["test"]
    folder = tiny.write_photo_model(tmp_path / "model", task="thousand")
    net = load(folder)
    decided = [predict(net, pixels).decision for pixels in photos.read(tmp_path, held_out)]
    answers = {photo.identity: net.card.labels.index(label) for photo, label in zip(held_out, decided, strict=True)}
    first = next(iter(answers))
    answers[first] = (answers[first] + 1) % 3
    (folder / "answers.json").write_text(json.dumps(answers))
    net.card.files["answers.json"] = sha256(folder / "answers.json")
    found = evaluate(net, tmp_path)
    assert (found["agreement"], found["n"]) == (7 / 8, 8)
    assert found["hidden"]["n"] == 2
