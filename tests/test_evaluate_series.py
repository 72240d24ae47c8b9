"""The figures of a forecaster, counted again by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from attnviz import load
from attnviz.data import series
from attnviz.evaluate import evaluate
from attnviz.evaluate_series import gain, variant_of
from attnviz.nets.series import SeriesForecaster
from tests import tiny


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in series.SOURCES:
        monkeypatch.setitem(series.SOURCES, name, replace(series.SOURCES[name], day=3, ends=(0.5, 0.75, 1.0)))
    return tiny.write_series(tmp_path)


def test_errors_are_those_of_single_forecasts(tmp_path: Path, data: Path) -> None:
    net = load(tiny.write_series_model(tmp_path / "tiny-series"))
    assert isinstance(net, SeriesForecaster)
    found = evaluate(net, data)
    assert list(found) == ["nyc_taxi", "etth1"]
    for name, files in {"nyc_taxi": ("weights", "nyc_taxi-without"), "etth1": ("etth1", "etth1-without")}.items():
        values = series.read(data, name).values
        z = (values - values[:60].mean()) / values[:60].std()
        errors = {"model": [], "without_attention": [], "day": [], "week": []}
        for first in range(90, 118):
            window = z[first - 12 : first]
            normal = torch.tensor((window - window.mean()) / window.std(), dtype=torch.float32)[None]
            for key, file in zip(("model", "without_attention"), files, strict=True):
                with torch.no_grad():
                    said = variant_of(net, f"{file}.safetensors")(normal)[0].numpy() * window.std() + window.mean()
                errors[key].append(said - z[first : first + 3])
            for key, season in (("day", 3), ("week", 21)):
                errors[key].append(z[first - season : first - season + 3] - z[first : first + 3])
        of = found[name]
        assert isinstance(of, dict)
        errors["seasonal_naive"] = errors[str(of["season"])]
        for key in ("model", "seasonal_naive", "without_attention"):
            e = np.array(errors[key])
            assert of[key] == pytest.approx({"mse": (e**2).mean(), "mae": np.abs(e).mean()}, rel=1e-4)
        assert of["windows"] == 28
        assert (of["mean"], of["deviation"]) == pytest.approx((values[:60].mean(), values[:60].std()))


def test_the_season_is_chosen_on_the_dev_split(tmp_path: Path, data: Path) -> None:
    net = load(tiny.write_series_model(tmp_path / "tiny-series"))  # the made-up season is 6: half of it is the worst of all
    assert evaluate(net, data)["nyc_taxi"]["season"] == "week"  # type: ignore[index]


def test_a_gain_is_one_less_the_ratio_of_squared_errors_and_lies_in_its_interval() -> None:
    random = np.random.default_rng(1)
    theirs = random.normal(0, 1, (400, 3))
    found = gain(theirs / 2, theirs, 2)
    assert found == pytest.approx({"share": 0.75, "low": 0.75, "high": 0.75})
    found = gain(random.normal(0, 0.5, (400, 3)), theirs, 2)
    assert found["low"] < found["share"] < found["high"]
    assert found["high"] - found["low"] < 0.3
