"""The command line, as a process of its own and in this one."""

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from attnviz import cli, load, predict
from tests import tiny


def run(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    """What the console script does with these words: its exit code."""
    monkeypatch.setattr(sys, "argv", ["attnviz", *map(str, words)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return int(end.value.code or 0)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def test_the_module_runs_and_lists_models_as_json(text_model: Path) -> None:
    command = [sys.executable, "-m", "attnviz.cli", "models", "--json"]
    environment = {"ATTNVIZ_MODELS": str(text_model.parent), "PATH": ""}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    (card,) = json.loads(done.stdout)
    assert (card["name"], card["input"], card["labels"]) == ("tiny-text", "text", ["negative", "positive"])
    assert done.stderr == ""


def test_an_error_of_the_process_is_one_line_and_exit_code_1(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "attnviz.cli", "map", "nope", "--text", "a", "--out", str(tmp_path / "a.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("attnviz: There is no model called 'nope'. ")
    assert done.stderr.count("\n") == 1


def test_numbers_are_written_as_json(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text_model: Path) -> None:
    out = tmp_path / "map.json"
    assert run(monkeypatch, "map", text_model, "--text", "a good film", "--out", out, "--layer", 1, "--head", 2) == 0
    (written,) = json.loads(out.read_text())["maps"]
    expected = predict(load(text_model), "a good film").tape["bert.encoder.layer.1"].head(2)
    assert np.array_equal(np.array(written["weights"], np.float32), expected)


def test_numbers_are_written_as_npz(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, photo_model: Path, photo: Path
) -> None:
    out = tmp_path / "map.NPZ"
    assert run(monkeypatch, "map", photo_model, "--image", photo, "--out", out) == 0
    expected = predict(load(photo_model), photo.read_bytes())
    with np.load(out) as read:
        for m in expected.tape:
            assert np.array_equal(read[m.layer], m.dense())
    said = capsys.readouterr()
    assert said.out == f"{expected.decision} {expected.probabilities[expected.decision]:.4f}, 4 maps -> {out}\n"
    assert "48 of 64 columns are used" in said.err


@pytest.mark.parametrize("choice", [[], ["--choice", "layer=0"], ["--view", "heads", "--choice", "head=1"]])
def test_a_page_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text_model: Path, choice: list[str]) -> None:
    out = tmp_path / "map.html"
    assert run(monkeypatch, "map", text_model, "--text", "<b> film", "--out", out, *choice) == 0
    assert out.read_text().startswith("<!doctype html>")


def test_text_is_read_from_standard_input(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text_model: Path) -> None:
    out = tmp_path / "map.json"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("a שלום".encode())))
    assert run(monkeypatch, "map", text_model, "--text", "-", "--out", out) == 0
    assert json.loads(out.read_text())["tokens"] == ["[CLS]", "a", "שלום", "[SEP]"]


# words behind the model's name, and what the line on stderr says
REFUSED = {
    "neither text nor image": (["--out", "a.json"], "Give one of --text, --image and --series."),
    "both": (["--text", "a", "--image", "x.png", "--out", "a.json"], "Give one of --text, --image and --series."),
    "an unknown ending": (["--text", "a", "--out", "a.pdf"], "Files ending in .pdf are not known. Use .html"),
    "no ending": (["--text", "a", "--out", "a"], "Files ending in nothing are not known."),
    "the wrong input": (["--image", "x.png", "--out", "a.json"], "takes text, not image. Give --text."),
    "an empty text": (["--text", " ", "--out", "a.json"], "There is no text to read."),
    "a layer out of range": (["--text", "a", "--layer", "2", "--out", "a.json"], "There is no layer 2. Layers are 0 to 1."),
    "an unknown layer": (["--text", "a", "--layer", "x", "--out", "a.json"], "No layer is called 'x'."),
    "a head out of range": (["--text", "a", "--head", "4", "--out", "a.json"], "No head 4. Heads are 0 to 3."),
    "a negative head": (["--text", "a", "--head", "-1", "--out", "a.json"], "No head -1. Heads are 0 to 3."),
    "a folder that is not there": (["--text", "a", "--out", "no/where/a.json"], "cannot be written: No such file"),
}


@pytest.mark.parametrize(("words", "said"), REFUSED.values(), ids=REFUSED)
def test_a_wrong_call_is_one_line_on_stderr_and_writes_nothing(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    text_model: Path,
    words: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, "map", text_model, *words) == 1
    printed = capsys.readouterr()
    assert said.lower() in printed.err.lower()
    assert printed.err.startswith("attnviz: ")
    assert printed.err.count("\n") == 1
    assert printed.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "said"), [(None, "cannot be read: No such file"), (b"no photo", "not an image of a known kind")]
)
def test_an_unreadable_image_is_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    photo_model: Path,
    content: bytes,
    said: str,
) -> None:
    if content:
        (tmp_path / "x.png").write_bytes(content)
    assert run(monkeypatch, "map", photo_model, "--image", tmp_path / "x.png", "--out", tmp_path / "a.json") == 1
    printed = capsys.readouterr().err
    assert said in printed
    assert printed.count("\n") == 1


@pytest.mark.parametrize("words", [[], ["map"], ["fly"], ["map", "x", "--text", "a", "--out", "a.json", "--head", "one"]])
def test_a_call_that_cannot_be_parsed_ends_with_exit_code_2(monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    assert run(monkeypatch, *words) == 2


def test_metrics_are_printed_as_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, text_model: Path
) -> None:
    tiny.write_sst(tmp_path, test=["(3 good)", "(1 bad)"])
    assert run(monkeypatch, "eval", text_model, "--data", tmp_path, "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["n"] == 2
    assert printed["accuracy"] in (0, 0.5, 1)


def test_a_missing_data_set_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, photo_model: Path
) -> None:
    assert run(monkeypatch, "eval", photo_model, "--data", tmp_path) == 1
    assert "No CIFAR-10 mosaics in" in capsys.readouterr().err


@pytest.fixture
def masks(tmp_path: Path) -> Path:
    """Three photos of 48 x 64 pixels with masks; the last one is empty."""
    random = np.random.default_rng(0)
    for folder in ("images", "masks"):
        (tmp_path / "set" / folder).mkdir(parents=True)
    for i in range(3):
        mask = np.zeros((48, 64), np.uint8)
        mask[12:36, 20:44] = 0 if i == 2 else 255
        Image.fromarray(random.integers(0, 256, (48, 64, 3), np.uint8)).save(tmp_path / "set" / "images" / f"{i}.jpg")
        Image.fromarray(mask).save(tmp_path / "set" / "masks" / f"{i}.png")
    return tmp_path / "set"


def test_maps_are_scored_on_masks_without_a_data_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], masks: Path, photo_model: Path
) -> None:
    assert run(monkeypatch, "eval", photo_model, "--masks", masks, "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["area"] == pytest.approx(0.25)
    assert (printed["n"], printed["left_out"], printed["map"]) == (2, 1, "combined")
    assert set(printed["maps"]) == {"combined", "stages.0.block.cbam.spatial", "stages.1.block.cbam.spatial"}
    for name in ("energy", "area", "pointing", "above"):
        low, high = printed[f"{name}_interval"]
        assert low <= printed[name] <= high


def test_figures_are_lines_with_their_intervals(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], masks: Path, photo_model: Path
) -> None:
    assert run(monkeypatch, "eval", photo_model, "--masks", masks) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "area       0.2500  95 %: 0.2500 0.2500"
    assert "n          2" in lines
    assert "  combined" in lines


def test_with_data_and_masks_both_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, masks: Path, photo_model: Path
) -> None:
    tiny.write_cifar10(tmp_path, np.zeros((100, 32, 32, 3), np.uint8), [1] * 100)
    assert run(monkeypatch, "eval", photo_model, "--data", tmp_path, "--masks", masks, "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["n"] == 2
    assert printed["data"] == {"accuracy": printed["accuracy"], "n": 100}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "There is nothing to evaluate on. Give --data, --masks, --links or --pairs."),
        (("--masks", "nowhere"), "There is no folder nowhere."),
    ],
)
def test_an_evaluation_on_nothing_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], photo_model: Path, words: tuple[str, ...], said: str
) -> None:
    assert run(monkeypatch, "eval", photo_model, *words) == 1
    assert said in capsys.readouterr().err


def test_a_model_without_a_recipe_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(monkeypatch, "train", "nope", "--data", tmp_path, "--out", tmp_path / "out") == 1
    assert "There is no recipe for 'nope'. Recipes are cifar-cbam, " in capsys.readouterr().err


def test_a_window_of_a_long_text_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tiny.write_long_model(tmp_path / "long", 512)
    text, out = "a good film " * 200, tmp_path / "window.npz"
    words = ("map", folder, "--text", text, "--layer", 0, "--head", 3, "--rows", "100:164", "--columns", ":20", "--out", out)
    assert run(monkeypatch, *words) == 0
    m = next(iter(predict(load(folder), text).tape))
    with np.load(out) as read:
        assert np.array_equal(read[m.layer], m.window(3, slice(100, 164), slice(0, 20)))


def test_a_seed_picks_by_chance_and_the_same_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    model = tiny.write_sentence_model(tmp_path / "hard", "hard")
    text = "a good unbelievable film , bad ! a film ."
    for name in ("first.json", "again.json"):
        out = tmp_path / name
        assert run(monkeypatch, "map", model, "--text", text, "--out", out, "--seed", 7, "--layer", "picker.picks") == 0
        (written,) = json.loads(out.read_text())["maps"]
        assert written["weights"] == predict(load(model), text, seed=7).tape["picker.picks"].dense().tolist()


def test_a_seed_for_a_model_without_chance_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, text_model: Path
) -> None:
    assert run(monkeypatch, "map", text_model, "--text", "a", "--out", tmp_path / "a.json", "--seed", 7) == 1
    assert "draws nothing by chance. Leave the seed out" in capsys.readouterr().err
