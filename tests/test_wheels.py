"""The wheels of the library and of the models, built and installed into an empty environment and run in an empty folder."""

import json
import re
import subprocess
import sys
import venv
from importlib.metadata import distribution
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

from attnviz.cards import all_cards
from attnviz.extras import EXTRAS
from tests.test_readme import EXAMPLES

ROOT = Path(__file__).resolve().parents[1]
BASE = ("torch", "numpy", "safetensors")
RECORDER = next(str(case.values[0]) for case in EXAMPLES if "attnviz.record(" in str(case.values[0]))


def done(command: list[object], folder: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    """What a process of its own said; it sees neither this checkout nor its environment."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder)}
    found = subprocess.run(list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == code, found.stdout + found.stderr
    return found


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Name -> wheel, built without a network."""
    out = tmp_path_factory.mktemp("wheels")
    for project in (ROOT, ROOT / "models"):
        done([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out], project)
    return {wheel.name.partition("-")[0]: wheel for wheel in out.iterdir()}


def needed(names: tuple[str, ...]) -> set[str]:
    """The distributions that these need, themselves included."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name not in found:
            found.add(name)
            asked = map(Requirement, distribution(name).requires or ())
            waiting += [each.name for each in asked if each.marker is None or each.marker.evaluate({"extra": ""})]
    return found


def linked(site: Path, names: set[str]) -> None:
    """What is installed here under these names, as links, and nothing else."""
    for name in names:
        installed = distribution(name)
        tops = {file.parts[0] for file in installed.files or () if file.parts[0] not in ("..", "__pycache__")}
        for top in tops:
            if not (site / top).exists():
                (site / top).symlink_to(installed.locate_file(top))


@pytest.fixture(scope="module")
def environment(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the base dependencies and the two wheels."""
    made = tmp_path_factory.mktemp("environment") / "venv"
    venv.create(made, with_pip=False)
    command = [sys.executable, "-m", "pip", "--python", made / "bin/python", "install", "--quiet", "--no-deps", "--no-index"]
    done([*command, *wheels.values()], made)
    (site,) = made.glob("lib/python*/site-packages")
    linked(site, needed(BASE))
    return made


def test_the_library_is_below_a_megabyte_and_has_no_weights(wheels: dict[str, Path]) -> None:
    assert wheels["attnviz"].stat().st_size < 1_000_000
    names = ZipFile(wheels["attnviz"]).namelist()
    assert not [name for name in names if name.endswith((".safetensors", "card.toml"))]
    assert {"attnviz/app.py", "attnviz/assets/icon.png", "attnviz/record.py"} <= set(names)


def test_the_wheel_of_the_models_has_every_file_that_a_card_names(wheels: dict[str, Path]) -> None:
    own = [card for card in all_cards()[0] if card.source == "own"]  # the files of others' models come from the hub
    expected = {f"attnviz_models/{card.name}/{name}" for card in own for name in ("card.toml", *card.files)}
    assert expected <= set(ZipFile(wheels["attnviz_models"]).namelist())


def test_the_base_dependencies_are_torch_numpy_and_safetensors(wheels: dict[str, Path]) -> None:
    metadata = ZipFile(wheels["attnviz"]).read("attnviz-0.1.0.dist-info/METADATA").decode()
    asked = [Requirement(line) for line in re.findall(r"^Requires-Dist: (.*)$", metadata, flags=re.MULTILINE)]
    assert {each.name for each in asked if each.marker is None} == set(BASE)
    extras = {each.name.replace("-", "_").lower() for each in asked if each.marker is not None}
    assert {name.replace("-", "_").lower() for name, _ in EXTRAS.values()} <= extras


def test_without_the_extras_a_recording_runs_and_models_are_listed(environment: Path, tmp_path: Path) -> None:
    assert done([environment / "bin/python", "-W", "error", "-c", RECORDER], tmp_path).stdout
    listed = json.loads(done([environment / "bin/attnviz", "models", "--json"], tmp_path).stdout)
    assert [card["name"] for card in listed] == [card.name for card in all_cards()[0]]
    assert done([environment / "bin/attnviz", "models"], tmp_path).stdout.count("\n") == len(listed)


def test_what_needs_an_extra_says_in_one_line_which(environment: Path, tmp_path: Path) -> None:
    said = done([environment / "bin/attnviz", "app"], tmp_path, code=1).stderr
    assert said == "attnviz: Typer is not installed. Install it with pip install 'attnviz[models]'.\n"
    code = "import attnviz\ntry:\n    attnviz.load('sentiment-soft')\nexcept ImportError as error:\n    print(error)"
    said = done([environment / "bin/python", "-c", code], tmp_path).stdout
    assert said.endswith(" is not installed. Install it with pip install 'attnviz[models]'.\n")


def test_with_the_extras_an_installed_model_decides(wheels: dict[str, Path], environment: Path, tmp_path: Path) -> None:
    """The last test of the environment: it gets all that is installed here beside it."""
    (site,) = environment.glob("lib/python*/site-packages")
    (site / "beside.pth").write_text(str(distribution("torch").locate_file("")))
    out = tmp_path / "map.json"
    command = [environment / "bin/attnviz", "map", "sentiment-soft", "--text", "A gorgeous film.", "--out", out]
    assert done(command, tmp_path).stdout.startswith("positive 0.9")
    assert json.loads(out.read_text())["maps"]


def test_without_the_wheel_of_the_models_it_is_named(wheels: dict[str, Path], tmp_path: Path) -> None:
    ZipFile(wheels["attnviz"]).extractall(tmp_path / "alone")
    said = done([sys.executable, "-S", "-c", "import sys; sys.path.insert(0, 'alone'); import attnviz.__main__ as m; m.listing()"
                 "; print(m.listing()[1][0])"], tmp_path).stdout  # fmt: skip
    assert said == "The shipped models are not installed. Install them with pip install attnviz-models.\n"
