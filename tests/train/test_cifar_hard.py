"""The recipe of hard attention over patches, on a hundred tiny photos."""

from pathlib import Path

import numpy as np
import pytest
import torch

from attnviz.cards import ModelCard, read_card
from attnviz.load import load
from attnviz.train import cifar, cifar_hard
from attnviz.train.cifar_hard import CifarHardRun, fields
from attnviz.train.loop import fit
from tests import tiny


@pytest.fixture
def card(photo_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelCard:
    """The card of a tiny model, beside 100 photos of which 20 are held out; it begins as the tiny model that sees everything."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (100, 32, 32, 3), dtype=np.uint8)
    tiny.write_cifar10(tmp_path, images, random.integers(0, 3, 100).tolist(), split="train")
    monkeypatch.setattr(cifar, "HELD_OUT", 20)
    folder = tiny.write_glimpse_model(tmp_path / "tiny-hard")
    schedule = cifar.Schedule(epochs=2, batch=16, muon_rate=0.05, adam_rate=1e-3, begin=str(photo_model))
    monkeypatch.setitem(cifar.SCHEDULES, "tiny-hard", schedule)
    monkeypatch.setattr(cifar_hard, "BLIND", 0.5)
    return read_card(folder)


def run(card: ModelCard, data: Path) -> CifarHardRun:
    torch.manual_seed(3)
    return CifarHardRun(card, data, "cpu")


def test_with_every_patch_picked_the_reader_begins_as_the_net_that_sees_everything(
    card: ModelCard, tmp_path: Path, photo_model: Path
) -> None:
    made = run(card, tmp_path)
    everything = torch.ones(100, 8, 8, dtype=torch.bool)
    with torch.no_grad():
        torch.testing.assert_close(made.network().read(made.images, picks=everything), load(photo_model)(made.images))


def test_a_resumed_training_ends_with_the_same_bits_whether_patches_are_scattered_or_drawn(card: ModelCard, tmp_path: Path) -> None:
    straight = run(card, tmp_path)
    before = {name: value.clone() for name, value in straight.net.state_dict().items()}
    fit(straight, tmp_path / "straight")
    first = run(card, tmp_path)
    first.epochs = 1
    fit(first, tmp_path / "resumed")
    resumed = run(card, tmp_path)
    fit(resumed, tmp_path / "resumed")
    for (name, a), b in zip(straight.net.state_dict().items(), resumed.net.state_dict().values(), strict=True):
        assert torch.equal(a, b), name
        assert name.startswith("reader.stem.") == torch.equal(a, before[name]), name


def test_the_glance_learns_from_draws_what_enumeration_says(card: ModelCard, tmp_path: Path) -> None:
    """A reader that always decides alike gives no draw an edge, so the odds stay: no gradient reaches the scores."""
    made = run(card, tmp_path)
    torch.nn.init.zeros_(made.net.reader.head.weight)
    images, labels = next(iter(made.batches(0)))
    scores = made.net.scores(images)[0].flatten(1).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(made.by_drawing(images, labels, scores, scores[:, 0]), scores, allow_unused=True)
    assert torch.equal(gradient, torch.zeros_like(gradient))


def test_scattered_fields_run_from_even_to_steep(card: ModelCard) -> None:
    torch.manual_seed(0)
    made = fields(200, 8).view(200, 8, 8)
    spread = made.flatten(1).std(1)
    assert spread.min() < 0.2
    assert spread.max() > 2
    neighbours = (made[:, 1:] - made[:, :-1]).flatten(1).std(1)
    assert (neighbours < 0.8 * spread).all()
