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
from attnviz.train.series_attention import SeriesRun, pinball, usual
from attnviz.train.ship import ship
from tests import tiny


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    small = {
        "EPOCHS": 2,
        "FULL": 0.0,
        "RISE": 0.3,
        "CHUNKS": 2,
        "BATCHES": 2,
        "LONGEST": 40,
        "MOST_ROWS": 6,
        "LEAST_ROWS": 4,
        "AT": 2,
    }
    for name, value in small.items():
        monkeypatch.setattr(series_attention, name, value)
    monkeypatch.setattr(SeriesRun, "epochs", 2)
    monkeypatch.setitem(series.SOURCES, "etth1", replace(series.SOURCES["etth1"], ends=(60, 80, 100)))
    monkeypatch.setattr(
        series, "LEARNED", (("nab/nyc_taxi.csv.gz", ("value",), 0.7, (1, 2)), ("ett/ETTh1.csv.gz", ("OT",), 60, (1,)))
    )
    return tiny.write_series(tmp_path)


@pytest.fixture
def card(tmp_path: Path) -> ModelCard:
    return read_card(tiny.write_series_model(tmp_path / "tiny-series"))


def test_a_resumed_training_ends_with_the_same_bits(card: ModelCard, data: Path) -> None:
    straight = SeriesRun(card, data, "cpu")
    fit(straight, data / "straight")
    broken = SeriesRun(card, data, "cpu")
    broken.epochs = 1
    fit(broken, data / "resumed")
    resumed = SeriesRun(card, data, "cpu")
    fit(resumed, data / "resumed")
    for file in straight.learners:
        for a, b in zip(straight.learners[file].state_dict().values(), resumed.learners[file].state_dict().values(), strict=True):
            assert torch.equal(a, b), file


def test_what_is_shipped_loads(card: ModelCard, data: Path) -> None:
    run = SeriesRun(card, data, "cpu")
    (data / "shipped").mkdir()
    ship(run, card, data / "shipped")
    given = torch.randn(2, 12), torch.zeros(2, 2, dtype=torch.long), torch.zeros(2)
    torch.testing.assert_close(load(data / "shipped")(*given), run.network().eval()(*given), atol=2e-2, rtol=2e-2)
    assert {path.name for path in (data / "shipped").iterdir()} == {*card.files, "card.toml"}


def test_no_step_behind_the_training_part_is_learned_from(data: Path) -> None:
    known = series.training(data)
    whole = {name: series.read(data, name) for name in series.SOURCES}
    assert [len(values) for values in known] == [84, 42, 60]
    np.testing.assert_array_equal(known[0], whole["nyc_taxi"].values[:84])
    np.testing.assert_array_equal(known[1], known[0].reshape(-1, 2).mean(1))
    np.testing.assert_array_equal(known[2], whole["etth1"].values[:60])


def test_the_rate_rises_and_ends_at_nothing(card: ModelCard, data: Path) -> None:
    run = SeriesRun(card, data, "cpu")
    rates = [run.rate(step) for step in range(2 * run.steps() + 1)]
    assert rates[0] < rates[1] < rates[2]
    assert rates[-1] == 0


def test_the_pinball_loss_by_hand() -> None:
    found = torch.tensor([[[0.0, 1.0, 2.0]]])  # quantiles 0.1, 0.5 and 0.9, and 3 came
    assert float(pinball(found, torch.tensor([[3.0]]), torch.tensor([2.0]))) == pytest.approx((0.1 * 3 + 2 * 0.5 * 2 + 0.9 * 1) / 2)


def test_a_row_that_is_far_off_counts_by_its_logarithm() -> None:
    losses = [float(pinball(torch.zeros(1, 1, 3), torch.tensor([[far]]), torch.tensor([1.0]))) for far in (1.0, 1e3, 1e6)]
    assert losses[0] == pytest.approx(2.0)
    assert losses[2] - losses[1] == pytest.approx(3 * np.log(1e3), rel=1e-4)


def test_the_usual_error_is_that_of_the_season_or_of_the_last_value_whichever_was_nearer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series_attention, "AT", 2)
    beat = torch.tensor([[0.0, 1, 5] * 4])
    assert usual(beat, torch.tensor([3])).tolist() == pytest.approx([series_attention.LEAST_ERROR])
    line = torch.arange(12.0)[None]
    assert usual(line, torch.tensor([0])).tolist() == [2]


def test_invented_series_are_finite_and_come_again_with_their_seed() -> None:
    made = invented(200, 300, np.random.default_rng(0))
    assert made.shape == (200, 300)
    assert np.isfinite(made).all()
    assert (made.std(1) > 0).mean() > 0.97  # counts of what is rare are sometimes all 0
    np.testing.assert_array_equal(made, invented(200, 300, np.random.default_rng(0)))
