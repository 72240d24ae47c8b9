"""The figures of a forecaster, counted again by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from attnviz import evaluate_series as module
from attnviz import load, predict
from attnviz.data import kinds, series
from attnviz.encode.lags import lags, within
from attnviz.evaluate import evaluate
from attnviz.evaluate_series import gain, of_kinds, without
from attnviz.nets.series import SeriesForecaster
from tests import tiny


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in series.SOURCES:
        monkeypatch.setitem(series.SOURCES, name, replace(series.SOURCES[name], day=3, ends=(0.5, 0.75, 1.0)))
    monkeypatch.setattr(module, "of_kinds", lambda _: {})
    return tiny.write_series(tmp_path)


@pytest.fixture
def net(tmp_path: Path) -> SeriesForecaster:
    found = load(tiny.write_series_model(tmp_path / "tiny-series"))
    assert isinstance(found, SeriesForecaster)
    return found


def test_errors_are_those_of_single_forecasts(net: SeriesForecaster, data: Path) -> None:
    found = evaluate(net, data)
    assert list(found) == ["nyc_taxi", "etth1"]
    nets = {"model": net, "without_attention": without(net)}
    for name, of in found.items():
        values = series.read(data, name).values
        z = (values - values[:60].mean()) / values[:60].std()
        errors = {"model": [], "without_attention": [], "day": [], "week": []}
        covered = []
        for first in range(90, 118):
            window, known = z[first - 12 : first], z[first - 90 : first]
            normal = torch.tensor((window - window.mean()) / window.std(), dtype=torch.float32)[None]
            zero = torch.tensor([(-values[:60].mean() / values[:60].std() - window.mean()) / window.std()], dtype=torch.float32)
            seasons = torch.from_numpy(within(lags(known[None], (3, 21)), 12))
            for key, each in nets.items():
                with torch.no_grad():
                    said = each(normal, seasons, zero)[0].numpy() * window.std() + window.mean()
                errors[key].append(said[:, 1] - z[first : first + 3])
                if key == "model":
                    covered.append((said[:, 0] <= z[first : first + 3]) & (z[first : first + 3] <= said[:, 2]))
            for key, season in (("day", 3), ("week", 21)):
                errors[key].append(z[first - season : first - season + 3] - z[first : first + 3])
        errors["seasonal_naive"] = errors[str(of["season"])]
        for key in ("model", "seasonal_naive", "without_attention"):
            e = np.array(errors[key])
            assert of[key] == pytest.approx({"mse": (e**2).mean(), "mae": np.abs(e).mean()}, rel=1e-4)
        assert of["coverage80"] == pytest.approx(np.mean(covered))
        assert of["windows"] == 28
        assert (of["mean"], of["deviation"]) == pytest.approx((values[:60].mean(), values[:60].std()))


def test_the_season_is_chosen_on_the_dev_split(net: SeriesForecaster, data: Path) -> None:
    assert evaluate(net, data)["nyc_taxi"]["season"] == "week"  # the made-up season is 6: half of it is the worst of all


def test_of_kinds_the_ratio_is_that_of_mean_errors_over_all_cuts(net: SeriesForecaster, monkeypatch: pytest.MonkeyPatch) -> None:
    line = {"a line": (2, lambda random: np.arange(60.0) + random.normal(0, 0.1, 60))}
    monkeypatch.setattr(kinds, "KINDS", line)
    ours, naive, covered = [], [], []
    for made in kinds.examples("a line"):
        for back in kinds.cuts(made):
            result = predict(net, made.values, hold_back=back)
            end = 60 - back
            truth = made.values[end : end + 3]
            ours.append(np.abs(result.forecast - truth).mean())
            naive.append(np.abs(made.values[[end - 2, end - 1, end - 2]] - truth).mean())
            covered.append(((result.interval[0] <= truth) & (truth <= result.interval[1])).mean())
    found = of_kinds({"model": net, "without_attention": without(net)})
    row = found["kinds"]["a line"]
    assert row["ratio"] == pytest.approx(np.mean(ours) / np.mean(naive))
    assert row["coverage80"] == pytest.approx(np.mean(covered))
    assert row["cuts"] == 12
    assert (found["median_ratio"], found["worst_ratio"]) == pytest.approx((row["ratio"], row["ratio"]))
    assert found["nearer"] == int(row["ratio"] <= 1.05)


def test_a_gain_is_one_less_the_ratio_of_squared_errors_and_lies_in_its_interval() -> None:
    random = np.random.default_rng(1)
    theirs = random.normal(0, 1, (400, 3))
    found = gain(theirs / 2, theirs, 2)
    assert found == pytest.approx({"share": 0.75, "low": 0.75, "high": 0.75})
    found = gain(random.normal(0, 0.5, (400, 3)), theirs, 2)
    assert found["low"] < found["share"] < found["high"]
    assert found["high"] - found["low"] < 0.3
