"""The loop goes on after an interruption as if there had been none, and its result can be loaded."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
import torch
from torch import Tensor, nn

from attnviz import load
from attnviz.cards import read_card, sha256
from attnviz.errors import CardError
from attnviz.train import train
from attnviz.train.loop import CHECKPOINT, Run, fit
from attnviz.train.ship import ship
from tests import tiny


class TinyRun(Run):
    """Dropout, random batches, momentum and a schedule: everything that an interruption could disturb."""

    epochs = 4

    def __init__(self, fail_at: int | None = None) -> None:
        torch.manual_seed(7)
        self.net = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.BatchNorm1d(8), nn.Linear(8, 2))
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=0.1, momentum=0.9)
        self.schedule = torch.optim.lr_scheduler.StepLR(self.optimizer, 5, gamma=0.5)
        self.state = {"net": self.net, "optimizer": self.optimizer, "schedule": self.schedule}
        self.fail_at, self.done = fail_at, 0

    def steps(self) -> int:
        return 3

    def batches(self, epoch: int) -> Iterator[Tensor]:
        return (torch.randn(6, 4) + epoch for _ in range(3))

    def step(self, batch: Tensor) -> Tensor:
        if self.done == self.fail_at:
            raise KeyboardInterrupt
        self.done += 1
        loss = self.net.train()(batch).square().mean()
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        return loss.detach()

    def validate(self) -> float:
        return float(torch.rand(()))

    def network(self) -> nn.Module:
        return self.net.eval()


def weights(run: TinyRun) -> list[Tensor]:
    return list(run.net.state_dict().values())


# 0: before the first step; 5: within the second epoch; 9: between two epochs
@pytest.mark.parametrize("fail_at", [0, 5, 9, 11])
def test_a_resumed_training_ends_with_the_same_bits(tmp_path: Path, fail_at: int) -> None:
    straight = TinyRun()
    fit(straight, tmp_path / "straight")
    with pytest.raises(KeyboardInterrupt):
        fit(TinyRun(fail_at), tmp_path / "interrupted")
    torch.manual_seed(99)
    resumed = TinyRun()
    fit(resumed, tmp_path / "interrupted")
    assert resumed.done == 12 - 3 * (fail_at // 3)
    assert all(torch.equal(a, b) for a, b in zip(weights(straight), weights(resumed), strict=True))
    assert straight.schedule.state_dict() == resumed.schedule.state_dict()


def test_a_finished_training_is_not_begun_again(tmp_path: Path) -> None:
    fit(TinyRun(), tmp_path)
    again = TinyRun()
    fit(again, tmp_path)
    assert again.done == 0


def test_another_seed_gives_other_weights(tmp_path: Path) -> None:
    runs = TinyRun(), TinyRun()
    for seed, run in enumerate(runs):
        fit(run, tmp_path / str(seed), seed=seed)
    assert not torch.equal(weights(runs[0])[0], weights(runs[1])[0])


def test_every_epoch_draws_its_own_numbers(tmp_path: Path) -> None:
    class Drawing(TinyRun):
        drawn: ClassVar[list[float]] = []

        def batches(self, epoch: int) -> Iterator[Tensor]:
            self.drawn.append(float(torch.rand(())))
            return super().batches(epoch)

    run = Drawing()
    fit(run, tmp_path)
    assert len(set(run.drawn)) == len(run.drawn) == run.epochs


def test_a_checkpoint_half_written_is_not_taken_for_one(tmp_path: Path) -> None:
    straight, resumed = TinyRun(), TinyRun()
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / CHECKPOINT).with_suffix(".partial").write_bytes(b"half")
    fit(straight, tmp_path / "b")
    fit(resumed, tmp_path / "a")
    assert all(torch.equal(a, b) for a, b in zip(weights(straight), weights(resumed), strict=True))
    assert [path.name for path in (tmp_path / "a").iterdir()] == [CHECKPOINT]


class PhotoRun(TinyRun):
    """A finished run whose network is that of the tiny photo model, with one further file."""

    def network(self) -> nn.Module:
        return tiny.photo_net(seed=5)

    def extra_files(self, out: Path) -> None:
        (out / "extra.json").write_text("{}")


def test_what_is_shipped_can_be_loaded(tmp_path: Path, photo_model: Path) -> None:
    source = Path(shutil.copytree(photo_model, tmp_path / "tiny-photo"))
    files = {"weights.safetensors": "", "extra.json": "0" * 64}
    card = read_card(source)
    kept = {key: getattr(card, key) for key in ("task", "input", "net", "config", "image")}
    tiny.write_card(source, **kept, labels=list(card.labels), files=files)
    text = (source / "card.toml").read_text()
    out = tmp_path / "out"
    out.mkdir()
    ship(PhotoRun(), read_card(source), out)
    shipped = read_card(out)
    assert shipped.files == {name: sha256(out / name) for name in files}
    expected = tiny.photo_net(seed=5).state_dict()
    for name, value in load(out).state_dict().items():
        torch.testing.assert_close(value, expected[name].half().float() if value.is_floating_point() else expected[name])
    assert (shipped.labels, shipped.config) == (card.labels, card.config)
    assert (source / "card.toml").read_text() == text


def test_a_model_without_a_recipe_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        CardError,
        match=r"There is no recipe for 'nope'\. Recipes are cifar-cbam, .*sentiment-hard, sentiment-minilm, sentiment-soft",
    ):
        train("nope", tmp_path, tmp_path)
