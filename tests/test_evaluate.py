"""Metrics on tiny data sets, counted again by hand."""

import math
from pathlib import Path

import numpy as np
import pytest

from attnviz import evaluate_photos as module
from attnviz import load, predict
from attnviz.data import photos
from attnviz.errors import CardError, DataError
from attnviz.evaluate import evaluate, figures
from attnviz.evaluate_photos import accuracy, balanced
from tests import tiny

SENTENCES = ["a good film", "bad !", "unbelievable", "good bad", "b a film .", "film film", "un good"]


def test_accuracy_is_the_share_of_right_choices() -> None:
    assert accuracy([0, 1, 1, 2], [0, 1, 2, 2]) == {"accuracy": 0.75, "n": 4}


def test_the_accuracy_on_sentences_is_that_of_single_predictions(tmp_path: Path, text_model: Path) -> None:
    net = load(text_model)
    labels = [1, 0, 1, 0, 1, 1, 0]
    trees = [
        f"({3 + i % 2 if label else i % 2} {sentence})" for i, (sentence, label) in enumerate(zip(SENTENCES, labels, strict=True))
    ]
    tiny.write_sst(tmp_path, test=[*trees, "(2 (2 neither) (2 nor))"])
    right = sum(
        (predict(net, sentence).decision == "positive") == bool(label) for sentence, label in zip(SENTENCES, labels, strict=True)
    )
    found = evaluate(net, tmp_path)
    sure = [max(predict(net, sentence).probabilities.values()) for sentence in SENTENCES]
    hit = [
        (predict(net, sentence).decision == "positive") == bool(label) for sentence, label in zip(SENTENCES, labels, strict=True)
    ]
    by_bin = {place: [s - h for s, h in zip(sure, hit, strict=True) if math.ceil(15 * s) == place] for place in range(1, 16)}
    error = sum(abs(sum(off)) for off in by_bin.values()) / 7
    assert found == {"accuracy": right / 7, "n": 7, "ece": pytest.approx(error)}


def test_the_accuracy_on_photos_is_that_of_single_predictions(
    tmp_path: Path, photo_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = load(photo_model)
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (100, 32, 32, 3), dtype=np.uint8)
    images[::2] //= 4
    labels = random.integers(0, 3, 100).tolist()
    tiny.write_cifar10(tmp_path, images, labels)
    monkeypatch.setattr(module, "BATCH", 30)  # 100 is no multiple of it
    right = sum(predict(net, image).decision == net.card.labels[label] for image, label in zip(images, labels, strict=True))
    assert evaluate(net, tmp_path) == {"accuracy": right / 100, "n": 100}


def test_in_balanced_accuracy_a_rare_class_counts_as_much() -> None:
    assert balanced([0, 0, 0, 0, 1, 2], [0, 0, 0, 0, 2, 2]) == pytest.approx((1 + 1 / 2) / 2)


@pytest.fixture
def things(tmp_path: Path) -> Path:
    """A model of three things and a data set of them, two of the photos with boxes."""
    tiny.write_photos(tmp_path, {"airplanes": 20, "wrench": 10}, {"roses": 10})
    held_out = [photo.path for photo in photos.split(tmp_path)["test"] if photo.label == "airplane"]
    tiny.write_boxes(tmp_path, dict.fromkeys(held_out[:2], (8, 6, 24, 18, 32, 24)))
    return tiny.write_photo_model(tmp_path / "model", task="things", labels=["airplane", "rose", "wrench"])


def test_figures_on_held_out_photos_are_those_of_single_predictions(tmp_path: Path, things: Path) -> None:
    net = load(things)
    held_out = photos.split(tmp_path)["test"]
    found = figures(net, tmp_path)
    right = [
        predict(net, pixels).decision == photo.label
        for photo, pixels in zip(held_out, photos.read(tmp_path, held_out), strict=True)
    ]
    assert (found["accuracy"], found["n"]) == (sum(right) / 8, 8)
    shares = [np.mean([r for r, photo in zip(right, held_out, strict=True) if photo.label == label]) for label in net.card.labels]
    assert found["balanced_accuracy"] == pytest.approx(np.mean(shares))
    assert found["boxed"] == 2
    assert found["area"] == pytest.approx(16 * 12 / 24**2)  # all of the box, in the middle square of 32 x 24
    assert found["maps"]["combined"]["n"] == 2


def test_a_model_without_maps_over_photos_has_its_accuracy_alone(tmp_path: Path, things: Path) -> None:
    net = load(tiny.write_photo_model(tmp_path / "se", attention="se", task="things", labels=["airplane", "rose", "wrench"]))
    assert set(figures(net, tmp_path)) == {"balanced_accuracy", "accuracy", "n"}


def test_a_label_that_the_card_does_not_name_is_refused(tmp_path: Path, things: Path) -> None:
    other = tiny.write_photo_model(tmp_path / "other", task="things", labels=["airplane", "rose", "yeti"])
    with pytest.raises(DataError, match="does not name wrench"):
        evaluate(load(other), tmp_path)


def test_a_task_without_metrics_is_refused(tmp_path: Path) -> None:
    net = load(tiny.write_photo_model(tmp_path / "model", task="smelling"))
    with pytest.raises(CardError, match=r"The task 'smelling' of model has no metrics\. Known are sentiment, photo"):
        evaluate(net, tmp_path)


@pytest.mark.parametrize("model", ["text_model", "photo_model"])
def test_a_missing_data_set_is_refused_with_what_to_pass(tmp_path: Path, model: str, request: pytest.FixtureRequest) -> None:
    with pytest.raises(DataError, match="--data"):
        evaluate(load(request.getfixturevalue(model)), tmp_path)
