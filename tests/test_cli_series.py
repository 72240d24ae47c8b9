"""A series from the shell."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from attnviz.cli import app
from attnviz.draw_series import absolute_error, half
from attnviz.encode import encode_series
from attnviz.errors import InputError
from tests import tiny


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write_series_model(tmp_path_factory.mktemp("models") / "tiny-series")


@pytest.fixture
def series(tmp_path: Path) -> Path:
    path = tmp_path / "levels.csv"
    path.write_text("day;low;high\n" + "".join(f"2024-01-{day:02d};{day % 5};{day % 7},5\n" for day in range(1, 29)))
    return path


def run(model: Path, *options: str | Path) -> str:
    done = CliRunner().invoke(app, ["map", str(model), *map(str, options)], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_a_forecast_is_written_with_its_maps(model: Path, series: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    said = run(model, "--series", series, "--column", "high", "--hold-back", "3", "--out", out)
    found = json.loads(out.read_text())
    assert said.startswith(f"3 steps from {found['forecast'][0]:.6g} to {found['forecast'][-1]:.6g}, 2 maps -> ")
    assert found["series"] == "high"
    assert found["truth"] == [5.5, 6.5, 0.5]
    assert found["ahead_steps"] == ["Fri 2024-01-26", "Sat 2024-01-27", "Sun 2024-01-28"]
    look = next(m for m in found["maps"] if m["layer"] == "look")
    np.testing.assert_allclose(np.sum(look["weights"], axis=-1), 1, atol=1e-5)
    assert look["labels"]["query"] == found["ahead_steps"]
    assert look["labels"]["key"] == found["past_steps"]


@pytest.mark.parametrize("options", [(), ("--layer", "look"), ("--layer", "self_attention", "--head", "1"), ("--layer", "0")])
def test_a_page_of_each_view_is_written(model: Path, series: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    out = tmp_path / "out.html"
    run(model, "--series", series, *options, "--out", out)
    page = out.read_text()
    assert "tiny-series" in page
    assert ("goes on with “low”" in page) == (not options)


def test_the_wrong_input_is_refused(model: Path, series: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"takes series, not text\. Give --series"):
        run(model, "--text", "1,2", "--out", tmp_path / "out.json")
    with pytest.raises(InputError, match="one of --text, --image and --series"):
        run(model, "--series", series, "--text", "1,2", "--out", tmp_path / "out.json")


def test_an_error_is_the_mean_distance_from_what_came() -> None:
    known = encode_series([1.0, 2, 3, 4, 5, 6], past=4, ahead=3, least=2, hold_back=2)
    assert absolute_error(known, np.array([4.0, 8, 100])) == 1.5
    assert absolute_error(encode_series([1.0, 2, 3], past=4, ahead=3, least=2), np.zeros(3)) is None


def test_half_of_the_attention_lies_on_so_many_steps() -> None:
    assert half(np.array([0.1, 0.6, 0.3], dtype=np.float32)) == 1
    for steps in range(1, 200):
        assert half(np.full(steps, 1 / steps, dtype=np.float32)) == (steps + 1) // 2
