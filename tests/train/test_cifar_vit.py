"""The recipe of the vision Transformer on a hundred tiny photos, with a tiny teacher."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from attnviz.cards import ModelCard, read_card
from attnviz.load import load
from attnviz.train import cifar
from attnviz.train.cifar import Schedule
from attnviz.train.cifar_vit import HUMAN, TEMPERATURE, VitRun, split_parameters, taught
from attnviz.train.loop import fit
from attnviz.train.ship import ship
from tests import tiny


@pytest.fixture
def card(photo_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelCard:
    """The card of a tiny vision Transformer, taught by the tiny residual net, beside 100 photos of which 20 are held out."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (100, 32, 32, 3), dtype=np.uint8)
    tiny.write_cifar10(tmp_path, images, random.integers(0, 3, 100).tolist(), split="train")
    for name, value in {"HELD_OUT": 20, "EVAL_BATCH": 10}.items():
        monkeypatch.setattr(cifar, name, value)
    monkeypatch.setitem(cifar.SCHEDULES, "vit", Schedule(epochs=2, batch=16, begin=str(photo_model)))
    return read_card(tiny.write_vit_model(tmp_path / "vit"))


def run(card: ModelCard, data: Path, epochs: int = 2) -> VitRun:
    """A run of a two-epoch schedule that stops after `epochs`."""
    torch.manual_seed(3)
    made = VitRun(card, data, "cpu")
    made.epochs = epochs
    return made


def test_a_resumed_training_ends_with_the_same_bits_and_asks_its_teacher_once(card: ModelCard, tmp_path: Path) -> None:
    straight = run(card, tmp_path)
    fit(straight, tmp_path / "straight")
    fit(run(card, tmp_path, epochs=1), tmp_path / "resumed")
    resumed = run(card, tmp_path)
    resumed.lessons.ask = lambda: pytest.fail("asked again")
    fit(resumed, tmp_path / "resumed")
    for (name, a), b in zip(straight.net.state_dict().items(), resumed.net.state_dict().values(), strict=True):
        assert torch.equal(a, b), name


def test_what_is_shipped_loads_and_decides_as_the_run_does(card: ModelCard, tmp_path: Path) -> None:
    made = run(card, tmp_path, epochs=1)
    fit(made, tmp_path / "out")
    ship(made, card, tmp_path / "out")
    net = load(tmp_path / "out")
    with torch.no_grad():
        torch.testing.assert_close(net(made.images[:5]), made.network()(made.images[:5]), atol=2e-2, rtol=0)  # half precision


def test_the_stem_is_the_teachers_and_never_changes(card: ModelCard, photo_model: Path, tmp_path: Path) -> None:
    made, teacher = run(card, tmp_path), load(photo_model).state_dict()
    fit(made, tmp_path / "out")
    own = made.net.state_dict()
    for name in [name for name in own if name.startswith(("stem.", "down."))]:
        assert torch.equal(own[name], teacher[name.replace("down.", "stages.0.down.")]), name


def test_everything_but_the_stem_learns(card: ModelCard, tmp_path: Path) -> None:
    made = run(card, tmp_path)
    before = {name: value.clone() for name, value in made.net.named_parameters()}
    fit(made, tmp_path / "out")
    moved = {name for name, value in made.net.named_parameters() if not torch.equal(value, before[name])}
    assert moved == {name for name in before if not name.startswith(("stem.", "down."))}


def test_muon_takes_the_matrices_of_the_encoder_and_adam_the_rest() -> None:
    net = tiny.vit_net()
    matrices, rest = split_parameters(net)
    names = {id(parameter): name for name, parameter in net.named_parameters()}
    parts = [*(f"self_attention.{part}" for part in ("query", "key", "value", "out")), "feed_forward.0", "feed_forward.2"]
    assert {names[id(p)] for p in matrices} == {f"encoder.{layer}.{part}.weight" for layer in (0, 1) for part in parts}
    assert {"cls", "places", "head.weight", "norm.bias"} < {names[id(p)] for p in rest}
    assert {p.ndim for p in rest} == {1, 2}


def test_a_target_is_half_the_label_and_half_what_the_teacher_says_of_the_photo_as_mirrored(
    card: ModelCard, photo_model: Path, tmp_path: Path
) -> None:
    made, teacher = run(card, tmp_path), load(photo_model)
    chosen, flip = torch.tensor([30, 31]), torch.tensor([False, True])
    seen = torch.stack([made.images[30], made.images[31].flip(-1)])
    with torch.no_grad():
        says = (teacher(seen) / TEMPERATURE).softmax(-1)
    expected = HUMAN * F.one_hot(made.labels[chosen], 3) + (1 - HUMAN) * says
    torch.testing.assert_close(made.targets(chosen, flip), expected, atol=5e-3, rtol=0)  # the teacher answers in bfloat16


def test_a_teacher_is_asked_for_every_photo_as_it_is_and_mirrored(photo_model: Path) -> None:
    net, photos = load(photo_model), torch.randn(7, 3, 32, 32)
    with torch.no_grad():
        expected = torch.stack([net(photos), net(photos.flip(-1))])
    torch.testing.assert_close(taught(net, photos), expected, atol=5e-2, rtol=0)
