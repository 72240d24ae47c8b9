"""The recipe of the forecasters on a hundred made-up steps."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from attnviz.cards import ModelCard, read_card
from attnviz.data import series
from attnviz.load import load
from attnviz.train import series_attention
from attnviz.train.invented import invented
from attnviz.train.loop import fit
from attnviz.train.series_attention import SeriesRun
from attnviz.train.ship import ship
from tests import tiny


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(series_attention, "STOPPED", {"weights.safetensors": 1})
    for name, value in {"EPOCHS": 2, "STEPS": 3, "BATCH": 4, "SHORTEST": 5}.items():
        monkeypatch.setattr(series_attention, name, value)
    monkeypatch.setitem(series.SOURCES, "etth1", replace(series.SOURCES["etth1"], ends=(60, 80, 100)))
    return tiny.write_series(tmp_path)


@pytest.fixture
def card(tmp_path: Path) -> ModelCard:
    return read_card(tiny.write_series_model(tmp_path / "tiny-series"))


def test_a_resumed_training_ends_with_the_same_bits(card: ModelCard, data: Path) -> None:
    straight = SeriesRun(card, data, "cpu")
    fit(straight, data / "straight")
    broken = SeriesRun(card, data, "cpu")
    broken.epochs = 3  # in the middle of the second net
    fit(broken, data / "resumed")
    resumed = SeriesRun(card, data, "cpu")
    fit(resumed, data / "resumed")
    for file in straight.learners:
        for a, b in zip(straight.learners[file].state_dict().values(), resumed.learners[file].state_dict().values(), strict=True):
            assert torch.equal(a, b), file


def test_a_net_ends_with_the_same_bits_whatever_others_are_trained_with_it(card: ModelCard, data: Path) -> None:
    both = SeriesRun(card, data, "cpu")
    fit(both, data / "both")
    file = "etth1.safetensors"
    alone = SeriesRun(card, data, "cpu", {file: both.variants[file]})
    fit(alone, data / "alone")
    for a, b in zip(both.learners[file].net.parameters(), alone.learners[file].net.parameters(), strict=True):
        assert torch.equal(a, b)


def test_what_is_shipped_loads(card: ModelCard, data: Path) -> None:
    run = SeriesRun(card, data, "cpu")
    (data / "shipped").mkdir()
    ship(run, card, data / "shipped")
    past = torch.randn(2, 12)
    torch.testing.assert_close(load(data / "shipped")(past), run.network().eval()(past), atol=1e-2, rtol=1e-2)
    assert {path.name for path in (data / "shipped").iterdir()} == {*card.files, "card.toml"}


def test_no_step_behind_the_training_part_is_learned_from(
    card: ModelCard, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    run = SeriesRun(card, data, "cpu")
    seen: list[np.ndarray] = []
    monkeypatch.setattr(series_attention, "_normal", lambda _, ahead: (seen.append(ahead), (torch.zeros(1), torch.zeros(1)))[1])
    for epoch in range(run.epochs):
        list(run.batches(epoch))
    taught = np.concatenate([part.ravel() for part in seen])
    for source in run.data.values():
        assert not np.isin(source.values[source.ends["train"] :], taught).any()
        assert np.isin(source.values[: source.ends["train"]], taught).any()


def test_invented_series_are_finite_and_each_has_its_own_season() -> None:
    made = invented(50, 300, np.random.default_rng(0))
    assert made.shape == (50, 300)
    assert np.isfinite(made).all()
    assert (made.std(1) > 0.1).all()
    np.testing.assert_array_equal(made, invented(50, 300, np.random.default_rng(0)))
