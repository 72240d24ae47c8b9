"""The recipe of photo-cbam on a handful of tiny photos."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from attnviz.cards import ModelCard, read_card
from attnviz.errors import DataError
from attnviz.train import photo_cbam
from attnviz.train.cifar import normalised
from attnviz.train.loop import fit
from attnviz.train.photo_cbam import PhotoRun, chosen, coloured, cropped, drawn, mixed, numbers, spread
from tests import tiny

CONFIG = {"labels": 4, "widths": [8, 16], "blocks": [1, 1], "kernels": [3, 3], "reduction": 4}


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelCard:
    """A card beside a data set of 50 photos of four things."""
    tiny.write_photos(tmp_path, {"Faces": 20, "grand_piano": 10, "wrench": 10}, {"roses": 10})
    for name, value in {"BATCH": 8, "SIDES": ((1, 16), (2, 24))}.items():
        monkeypatch.setattr(photo_cbam, name, value)
    tiny.write_photo_model(
        tmp_path / "tiny", net="photo-resnet", task="things", config=CONFIG, labels=["face", "grand piano", "rose", "wrench"]
    )
    return read_card(tmp_path / "tiny")


def run(card: ModelCard, data: Path) -> PhotoRun:
    torch.manual_seed(3)
    return PhotoRun(card, data, "cpu")


def test_a_resumed_training_ends_with_the_same_bits(card: ModelCard, tmp_path: Path) -> None:
    straight = run(card, tmp_path)
    fit(straight, tmp_path / "straight")
    begun = run(card, tmp_path)
    begun.epochs = 1
    fit(begun, tmp_path / "resumed")
    resumed = run(card, tmp_path)
    fit(resumed, tmp_path / "resumed")
    for (name, a), b in zip(straight.net.state_dict().items(), resumed.net.state_dict().values(), strict=True):
        assert torch.equal(a, b), name
    assert straight.validate() == resumed.validate()


def test_photos_grow_with_the_epochs(card: ModelCard, tmp_path: Path) -> None:
    made = run(card, tmp_path)
    assert made.epochs == 3
    assert [next(iter(made.batches(epoch)))[0].shape[2:] for epoch in range(3)] == [(16, 16), (24, 24), (24, 24)]


def test_the_same_epoch_has_the_same_crops_and_another_another(card: ModelCard, tmp_path: Path) -> None:
    made = run(card, tmp_path)

    def images(epoch: int) -> torch.Tensor:
        torch.manual_seed(0)
        return next(iter(made.batches(epoch)))[0]

    assert torch.equal(images(1), images(1))
    assert not torch.equal(images(1), images(2))


def test_the_cost_is_that_of_the_last_pass_and_moves_the_spatial_gates(card: ModelCard, tmp_path: Path) -> None:
    made = run(card, tmp_path)
    made.net(torch.randn(2, 3, 24, 24))
    assert len(made.gates.given) == 2
    cost = made.gates.cost()
    assert made.gates.given == []
    cost.backward()
    assert all(module.norm.weight.grad.abs() > 0 for name, module in made.net.named_modules() if name.endswith("cbam.spatial"))


def test_an_unknown_label_is_refused(card: ModelCard, tmp_path: Path) -> None:
    photos = photo_cbam.photos.listed(tiny.write_photos(tmp_path / "other", {"wrench": 1, "yeti": 1}, {"roses": 1}))
    assert numbers(card, [photo for photo in photos if photo.label != "yeti"]).tolist() == [3, 2]
    with pytest.raises(DataError, match="does not name yeti"):
        numbers(card, photos)


def test_spread_is_the_share_that_is_open() -> None:
    gates = torch.zeros(3, 4, 5)
    gates[0] = 0.3
    gates[1, :2] = 1
    gates[2, 0, 0] = 0.7
    assert spread(gates).tolist() == pytest.approx([1.0, 0.5, 1 / 20])


def test_rare_classes_are_drawn_by_the_root_of_their_size() -> None:
    labels = np.repeat(np.arange(3), (16, 4, 1))
    odds = drawn(labels, 3)
    assert odds.tolist() == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    found = chosen(labels, odds, 35, np.random.default_rng(0))
    assert Counter(labels[found].tolist()) == {0: 20, 1: 10, 2: 5}
    assert sorted(Counter(found.tolist()).values()) == [1] * 12 + [2] * 6 + [3] * 2 + [5]


def test_shares_that_are_no_whole_numbers_still_fill_the_epoch() -> None:
    labels = np.repeat(np.arange(3), (3, 3, 3))
    assert len(chosen(labels, drawn(labels, 3), 10, np.random.default_rng(0))) == 10


def test_a_crop_is_a_part_of_the_photo_at_the_size_asked_for() -> None:
    ramp = np.repeat(np.arange(100, dtype=np.uint8)[None, :, None], 60, axis=0).repeat(3, axis=2)
    mirrored = 0
    for seed in range(60):
        found = cropped(ramp, 20, np.random.default_rng(seed)).astype(int)
        assert found.shape == (20, 20, 3)
        steps = np.diff(found[0, :, 0])
        mirrored += bool(steps.sum() < 0)
        width = abs(found[0, -1, 0] - found[0, 0, 0]) * 20 / 19
        assert 0.25 * 60 * 3 / 4 < width**2 <= 100**2
    assert 15 < mirrored < 45


def test_no_change_of_colour_is_the_borders_normalisation(card: ModelCard, monkeypatch: pytest.MonkeyPatch) -> None:
    crops = np.random.default_rng(0).integers(0, 256, (3, 8, 9, 3), dtype=np.uint8)
    monkeypatch.setattr(photo_cbam, "COLOUR", 0.0)
    torch.testing.assert_close(coloured(crops, card), normalised(crops, card))


def test_colours_change_as_pillow_changes_them(card: ModelCard, monkeypatch: pytest.MonkeyPatch) -> None:
    """One factor at a time: brightness is the mean, contrast the distance from it, saturation the distance from grey."""
    crops = np.random.default_rng(0).integers(60, 190, (1, 8, 9, 3), dtype=np.uint8)
    plain = torch.from_numpy(crops[0]).double() / 255
    factors = iter(((1.2, 1.0, 1.0), (1.0, 1.3, 1.0), (1.0, 1.0, 0.4)))
    grey = plain.mean(2, keepdim=True)
    expected = (plain + 0.2 * plain.mean(), plain.mean() + 1.3 * (plain - plain.mean()), grey + 0.4 * (plain - grey))
    for wanted in expected:
        bright, contrast, colour = next(factors)
        shares = torch.tensor([bright, contrast, colour]).view(3, 1, 1, 1)
        monkeypatch.setattr(torch, "rand", lambda *_, shares=shares: ((shares - 1) / photo_cbam.COLOUR + 1) / 2)
        found = coloured(crops, card)[0].permute(1, 2, 0).double() * 0.25 + 0.5  # the card's deviation and mean
        torch.testing.assert_close(found, wanted, atol=1e-5, rtol=0)


def test_a_mixed_photo_is_one_with_a_box_of_another() -> None:
    torch.manual_seed(0)
    images = torch.arange(6.0).view(6, 1, 1, 1).expand(6, 3, 16, 16)
    for _ in range(5):
        made, others, share = mixed(images)
        own = (made == images).all(1).float().mean((1, 2))
        moved = others != torch.arange(6)
        assert torch.allclose(own[moved], torch.full_like(own[moved], share))
        assert torch.equal(torch.where((made == images), images, images[others]), made)


def test_the_loss_weighs_labels_by_their_shares_and_adjusts_by_the_draws(
    card: ModelCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = run(card, tmp_path)
    monkeypatch.setattr(photo_cbam, "MIXED", 0.0)
    monkeypatch.setattr(photo_cbam, "CHOICE", 0.0)
    made.net.eval()
    images, labels = torch.randn(4, 3, 24, 24), torch.tensor([0, 1, 2, 3])
    with torch.autocast("cpu", torch.bfloat16):
        logits = made.net(images).float() + torch.tensor(made.odds).float().log()
    made.gates.given.clear()
    expected = F.cross_entropy(logits, labels, label_smoothing=0.1)
    torch.testing.assert_close(made.loss(images, labels), expected)


def test_validation_is_the_mean_over_classes(card: ModelCard, tmp_path: Path) -> None:
    made = run(card, tmp_path)
    with torch.no_grad():
        made.net.head.weight.zero_()
        made.net.head.bias.copy_(torch.tensor([1.0, 0, 0, 0]))
    assert made.validate() == pytest.approx(1 / 4)  # every photo is a face
