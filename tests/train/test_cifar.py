"""The photo recipe on a hundred tiny photos."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from attnviz.cards import ModelCard, read_card
from attnviz.load import load
from attnviz.train import cifar
from attnviz.train.cifar import CifarRun, Schedule, borrow, flipped, shifted, split_parameters, whiten
from attnviz.train.loop import fit
from tests import tiny


@pytest.fixture
def card(photo_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelCard:
    """The card of the tiny model, beside a data set of 100 photos of which 20 are held out."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (100, 32, 32, 3), dtype=np.uint8)
    tiny.write_cifar10(tmp_path, images, random.integers(0, 3, 100).tolist(), split="train")
    for name, value in {"HELD_OUT": 20, "EVAL_BATCH": 10}.items():
        monkeypatch.setattr(cifar, name, value)
    monkeypatch.setitem(cifar.SCHEDULES, photo_model.name, Schedule(epochs=2, batch=16))
    return read_card(photo_model)


def run(card: ModelCard, data: Path, epochs: int = 2) -> CifarRun:
    """A run of a two-epoch schedule that stops after `epochs`."""
    torch.manual_seed(3)
    made = CifarRun(card, data, "cpu")
    made.epochs = epochs
    return made


def test_a_resumed_training_ends_with_the_same_bits(card: ModelCard, tmp_path: Path) -> None:
    straight = run(card, tmp_path)
    fit(straight, tmp_path / "straight")
    fit(run(card, tmp_path, epochs=1), tmp_path / "resumed")
    resumed = run(card, tmp_path)
    fit(resumed, tmp_path / "resumed")
    for (name, a), b in zip(straight.net.state_dict().items(), resumed.net.state_dict().values(), strict=True):
        assert torch.equal(a, b), name
    assert straight.validate() == resumed.validate()


def test_held_out_photos_are_never_trained_on(card: ModelCard, tmp_path: Path) -> None:
    made = run(card, tmp_path)
    made.labels = torch.arange(100)
    seen = torch.cat([labels for _, labels in made.batches(0)])
    assert len(seen) == len(seen.unique()) == 80
    assert seen.min() == 20


def test_the_same_epoch_has_the_same_order_and_another_another(card: ModelCard, tmp_path: Path) -> None:
    made = run(card, tmp_path)
    made.labels = torch.arange(100)
    first, again, other = ([labels.tolist() for _, labels in made.batches(epoch)] for epoch in (0, 0, 1))
    assert first == again != other


def test_the_stem_whitens_patches_and_does_not_learn(card: ModelCard, tmp_path: Path) -> None:
    stem = torch.nn.Conv2d(3, 54, 3)
    images = torch.rand(50, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    whiten(stem, images)
    assert not stem.weight.requires_grad
    assert torch.equal(stem.weight[:27], -stem.weight[27:])
    responses = F.conv2d(images.double(), stem.weight[:27].double()).transpose(0, 1).flatten(1)
    covariance = responses @ responses.T / responses.shape[1]
    torch.testing.assert_close(covariance, torch.eye(27, dtype=torch.float64), atol=0.02, rtol=0)


def test_muon_takes_the_filters_of_stages_and_adam_the_rest() -> None:
    net = tiny.photo_net()
    net.stem.weight.requires_grad_(False)
    filters, rest = split_parameters(net)
    names = {id(parameter): name for name, parameter in net.named_parameters()}
    assert sorted(names[id(p)] for p in filters) == sorted(
        f"stages.{stage}.{part}.weight" for stage in (0, 1) for part in ("down.0", "block.body.0", "block.body.3")
    )
    assert len(filters) + len(rest) == len(names) - 1
    assert not {id(p) for p in filters} & {id(p) for p in rest}


def test_a_training_may_begin_with_the_trunk_of_another_model(
    card: ModelCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(cifar.SCHEDULES, card.name, Schedule(epochs=1, batch=16, begin=str(card.folder)))
    made = run(replace(card, config={"labels": 3, "widths": [8, 16], "attention": "eca"}), tmp_path)
    for name, value in load(card).state_dict().items():
        if ".cbam." not in name:
            assert torch.equal(made.net.state_dict()[name], value), name
    assert not made.net.stem.weight.requires_grad


def test_only_weights_of_one_name_and_shape_are_borrowed() -> None:
    net, other = torch.nn.Linear(2, 3), torch.nn.Linear(2, 4)
    before = net.bias.clone()
    borrow(net, torch.nn.ModuleDict({"weight": other}))
    borrow(net, other)
    assert torch.equal(net.bias, before)
    other = torch.nn.Linear(2, 3)
    borrow(net, other)
    assert torch.equal(net.weight, other.weight)


def test_only_chosen_photos_are_mirrored() -> None:
    images = torch.arange(12.0).view(2, 1, 2, 3)
    found = flipped(images, torch.tensor([True, False]))
    assert found[0, 0].tolist() == [[2, 1, 0], [5, 4, 3]]
    assert torch.equal(found[1], images[1])


def test_a_shifted_photo_is_a_window_of_its_reflection() -> None:
    torch.manual_seed(0)
    images = torch.rand(5, 2, 8, 8)
    padded = F.pad(images, (4,) * 4, mode="reflect")
    for image, frame in zip(shifted(images), padded, strict=True):
        windows = [frame[:, r : r + 8, c : c + 8] for r in range(9) for c in range(9)]
        assert sum(torch.equal(image, window) for window in windows) == 1
