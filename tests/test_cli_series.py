"""A series from the shell."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from attnviz.cli import app
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
    np.testing.assert_allclose(np.sum(look["weights"], axis=(0, -1)), 1, atol=1e-5)
    assert look["labels"]["query"] == found["ahead_steps"]
    assert look["labels"]["key"] == found["past_steps"]


@pytest.mark.parametrize("options", [(), ("--view", "ahead"), ("--view", "past")])
def test_a_page_of_each_view_is_written(model: Path, series: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    out = tmp_path / "out.html"
    run(model, "--series", series, *options, "--out", out)
    page = out.read_text()
    assert "tiny-series" in page
    assert ("goes on with “low”" in page) == (options in ((), ("--view", "ahead")))


def test_a_page_holds_the_input_the_answer_and_the_receipt(model: Path, series: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.html"
    said = run(model, "--series", series, "--view", "past", "--out", out)
    page = out.read_text()
    assert "Given: “low”, 12 steps, Wed 2024-01-17 to Sun 2024-01-28" in page
    assert f"Answer: {said.partition(', ')[0]}" in page
    assert "row_sum_error" in page


def test_one_exhibit_and_the_numbers_of_a_view_are_written(model: Path, series: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    run(model, "--series", series, "--view", "ahead", "--choice", "head=1", "--exhibit", "steps", "--out", out)
    (m,) = json.loads(out.read_text())["maps"]
    assert (m["layer"], m["head"], m["shape"]) == ("look", 1, [3, 12])


REFUSED = {
    "no such view": (("--view", "tree"), r"no view “tree” of this result\. Views are ahead, past\."),
    "no such choice": (("--view", "past", "--choice", "step=1"), r"no choice called “step”\. Choices are past-head\."),
    "not allowed": (("--choice", "step=4"), r"“4” is no step\. It is a whole number from 1 to 3\."),
    "no such exhibit": (("--exhibit", "bars"), r"no exhibit “bars” in this view\. Exhibits are forecast, steps, ranked\."),
    "a part of a view": (("--view", "past", "--head", "1"), r"a view takes its part by --choice"),
    "a layer of no view": (("--layer", "look"), r"a view takes its part by --choice"),
}


@pytest.mark.parametrize(("options", "said"), REFUSED.values(), ids=REFUSED)
def test_what_a_view_does_not_have_is_refused(
    model: Path, series: Path, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    with pytest.raises(InputError, match=f"(?i){said}"):
        run(model, "--series", series, *options, "--out", tmp_path / "out.html")


def test_the_shell_has_the_choices_of_the_page_and_says_what_was_taken(model: Path, tmp_path: Path) -> None:
    path, out = tmp_path / "two.csv", tmp_path / "out.json"
    path.write_text(
        "id,day,other,low,high\n" + "".join(f"{i},2024-01-{i:02d},2023-{i % 12 + 1:02d}-01,{i % 5},{i % 7}\n" for i in range(1, 29))
    )
    assert "The column “low” was taken, at the dates of “day”; other columns of numbers are “high”, “id”." in run(
        model, "--series", path, "--out", out
    )
    assert json.loads(out.read_text())["notes"][0].startswith("The column “low” was taken")
    said = run(model, "--series", path, "--column", "high", "--dates", "none", "--hold-back", "3", "--out", out)
    assert "The column “high” was taken, each row being a step" in said
    found = json.loads(out.read_text())
    assert (found["truth"], found["ahead_steps"][0]) == ([5, 6, 0], "step 26")
    with pytest.raises(InputError, match="no column “when” of dates"):
        run(model, "--series", path, "--dates", "when", "--out", out)


def test_the_wrong_input_is_refused(model: Path, series: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"takes series, not text\. Give --series"):
        run(model, "--text", "1,2", "--out", tmp_path / "out.json")
    with pytest.raises(InputError, match="one of --text, --image and --series"):
        run(model, "--series", series, "--text", "1,2", "--out", tmp_path / "out.json")
