"""The recipe of the photo models on a few tiny photos, with made-up weights in the place of the published ones."""

from pathlib import Path

import numpy as np
import pytest
import torch

from attnviz.cards import ModelCard, read_card
from attnviz.data import photos
from attnviz.nets.efficientnet_lite import EfficientNetLite
from attnviz.train import photo, photo_lessons
from attnviz.train.loop import fit
from attnviz.train.photo_gates import GatesRun, masked, over, pooled
from tests import tiny

NAN = float("nan")


def made_up(dilated: bool = False) -> EfficientNetLite:
    torch.manual_seed(0)
    return EfficientNetLite(5, dilated).eval()


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelCard:
    """A card beside a data set of 50 photos."""
    tiny.write_photos(tmp_path, {"Faces": 20, "grand_piano": 10, "wrench": 10}, {"roses": 10})
    for module, values in {
        photo: {"BATCH": 4, "EPOCHS": 2, "WATCHED": 2, "lite0": made_up},
        photo_lessons: {"ROUNDS": ((1, 6), (2, 4)), "BATCH": 4, "lite0": made_up},
    }.items():
        for name, value in values.items():
            monkeypatch.setattr(module, name, value)
    tiny.write_photo_model(
        tmp_path / "tiny", net="photo-gates", task="thousand", config={"labels": 5, "width": 8, "reduction": 64},
        labels=list("abcde"), image={"size": 224, "mean": [0.5] * 3, "std": [0.5] * 3},
    )  # fmt: skip
    return read_card(tmp_path / "tiny")


def run(card: ModelCard, data: Path, epochs: int = 2) -> GatesRun:
    torch.manual_seed(3)
    made = GatesRun(card, data, "cpu")
    made.epochs = epochs
    return made


def test_a_resumed_training_ends_with_the_same_bits_and_its_lessons(card: ModelCard, tmp_path: Path) -> None:
    straight = run(card, tmp_path)
    fit(straight, tmp_path / "straight")
    fit(run(card, tmp_path, epochs=1), tmp_path / "resumed")
    resumed = run(card, tmp_path)
    fit(resumed, tmp_path / "resumed")
    for (name, a), b in zip(straight.net.state_dict().items(), resumed.net.state_dict().values(), strict=True):
        assert torch.equal(a, b), name
    assert resumed.lessons.found is not None


def test_the_backbone_stays_as_it_was_and_the_gates_do_not(card: ModelCard, tmp_path: Path) -> None:
    made = run(card, tmp_path)
    before = made.net.spatial.scores[0].weight.clone()
    fit(made, tmp_path / "out")
    for name, weight in made_up(dilated=True).backbone.state_dict().items():
        assert torch.equal(weight, made.net.backbone.state_dict()[name]), name
    assert not torch.equal(before, made.net.spatial.scores[0].weight)


@torch.no_grad()
def test_what_is_trained_is_what_the_net_says(card: ModelCard, tmp_path: Path) -> None:
    """On kept features, in parts, and scaled: the same logits as the shipped net gives from the photo, to bfloat16."""
    made = run(card, tmp_path)
    made.gain.factor.data.fill_(0.7)
    made.net.eval()
    views = [view for batch in photo_lessons.made(tmp_path) for view in batch][:3]
    batch = made.some(torch.arange(3))
    with torch.autocast("cpu", torch.bfloat16):
        looked, _ = made.look(batch, 1.0)
    logits, _ = made.decided(batch, looked, 1.0)
    whole = made.network()(photo_lessons.normalised([view.pixels for view in views]))
    torch.testing.assert_close(logits, whole, atol=0.02, rtol=0.05)


def test_lessons_are_the_same_wherever_they_are_made(card: ModelCard, tmp_path: Path) -> None:
    first, again = ([[view.pixels for view in batch] for batch in photo_lessons.made(tmp_path)] for _ in range(2))
    assert [len(batch) for batch in first] == [4, 2, 4]
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_held_out_photos_are_never_looked_at(card: ModelCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[photos.Photo] = []
    read = photos.read
    monkeypatch.setattr(photos, "read", lambda data, chosen: read(data, looked.extend(chosen) or chosen))
    list(photo_lessons.made(tmp_path))
    assert looked
    assert not set(looked) & {*photos.split(tmp_path)["test"], *photos.split(tmp_path)["watch"]}


def test_every_fifth_held_out_photo_is_answered(card: ModelCard, tmp_path: Path) -> None:
    found = photo.answers(tmp_path, card.image)
    assert list(found) == [one.identity for one in photos.split(tmp_path)["test"][::5]]
    assert set(found.values()) <= set(range(5))


def test_pooling_is_the_sum_over_places_of_weight_times_evidence() -> None:
    weights, evidence = torch.rand(2, 3, 4), torch.rand(2, 5, 3, 4)
    torch.testing.assert_close(pooled(weights, evidence), (weights[:, None] * evidence).sum((2, 3)))


def test_masks_cost_where_they_are_known() -> None:
    scores = torch.tensor([[[0.0, 100.0], [-100.0, 3.0]]])
    masks = torch.tensor([[[1.0, 1.0], [0.0, NAN]]])
    assert masked(scores, masks) == pytest.approx(np.log(2) / 3)


def test_without_any_mask_there_is_nothing_to_pay() -> None:
    assert masked(torch.zeros(1, 2, 2), torch.full((1, 2, 2), NAN)) == 0


def test_budgets_fall_as_they_come_to_weigh() -> None:
    means = torch.tensor([0.8, 0.4])
    assert over(means, 0.25, weight=0) == 0
    assert over(means, 0.25, weight=1) == pytest.approx((0.55 + 0.15) / 2)
    assert over(means, 0.25, weight=0.5) == pytest.approx((0.8 - 0.625) / 2)
    assert over(means[:0], 0.25, weight=1) == 0
