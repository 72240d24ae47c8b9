"""What an import brings along, each read in a process of its own, and what is said where an extra is missing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import attnviz
from attnviz.extras import EXTRAS
from attnviz.nets import NETS
from attnviz.paths import ASSETS

HEAVY = {*EXTRAS, "pandas", "torchvision", "attnviz.train", "attnviz.ui"} - {"tqdm"}  # torch.hub takes tqdm where it finds it
RECORD = """
import torch
from attnviz import record
layer = torch.nn.MultiheadAttention(8, 2, batch_first=True)
x = torch.randn(1, 3, 8)
with record(layer) as tape:
    layer(x, x, x)
assert next(iter(tape)).dense().shape == (2, 3, 3)
"""


def without(*packages: str) -> str:
    """Code as if these packages were not installed: a finder before all others."""
    return f"""
import sys
class Bare:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {packages}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Bare())
"""


def fresh(code: str, *words: object) -> str:
    done = subprocess.run([sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def loaded(code: str, *words: object) -> set[str]:
    """What of HEAVY is loaded after the code ran."""
    printed = fresh(f"{code}\nimport json, sys; print(json.dumps(list(sys.modules)))", *words)
    return HEAVY & set(json.loads(printed.splitlines()[-1]))


@pytest.mark.parametrize(
    "code",
    [
        "import attnviz",
        "from attnviz import AttentionMap, ModelCard, Probe, Receipt, Tape, all_cards, find_card, intervene, record",
        "import attnviz.layers, attnviz.explain, attnviz.mechanisms",
        RECORD,
    ],
    ids=["the package", "what needs no extra", "layers, explanations and mechanisms", "a recording"],
)
def test_nothing_of_an_extra_is_loaded_before_something_asks_for_it(code: str) -> None:
    assert loaded(code) == set()


def test_importing_the_package_does_not_even_load_torch() -> None:
    assert fresh("import sys, attnviz; print({'torch', 'numpy'} & set(sys.modules))").strip() == "set()"


def test_numbers_of_one_model_load_neither_transformers_nor_streamlit(photo_model: Path, tmp_path: Path) -> None:
    photo = ASSETS / "photos" / "chelsea.jpg"
    code = "import sys; from attnviz.cli import app; app(sys.argv[1:], standalone_mode=False)"
    found = loaded(code, "map", photo_model, "--image", photo, "--out", tmp_path / "a.npz")
    assert found & {"transformers", "huggingface_hub", "streamlit", "pandas", "sacrebleu"} == set()
    assert loaded(code, "models") == {"typer", "huggingface_hub"}


def test_without_any_extra_models_are_listed_by_the_library_and_recorded() -> None:
    fresh(without(*EXTRAS) + RECORD + "import attnviz.layers, attnviz.explain, attnviz.mechanisms, attnviz.intervene")
    listed = "import sys; sys.argv = ['attnviz', 'models']; from attnviz.__main__ import main; main()"
    assert fresh(without("typer") + listed) == fresh(f"{listed}")
    assert "sentiment-soft " in fresh(without(*EXTRAS) + listed)


@pytest.mark.parametrize(
    ("package", "extra", "code"),
    [
        ("plotly", "figures", "import attnviz; attnviz.plot"),
        ("PIL", "models", "from attnviz import predict"),
        ("tokenizers", "models", "from attnviz import load; load('sentiment-soft')"),
        ("transformers", "hub", "from attnviz import load; load('sentiment-minilm')"),
        ("typer", "models", "import attnviz; from attnviz.extras import resolved; resolved('attnviz.cli:')"),
    ],
)
def test_a_missing_extra_is_one_sentence_with_the_command(package: str, extra: str, code: str) -> None:
    tried = f"try:\n    {code}\nexcept Exception as error:\n    print(type(error).__name__, error)"
    name = EXTRAS[package][0].capitalize()
    sentence = f"ExtraMissing {name} is not installed. Install it with pip install 'attnviz[{extra}]'."
    assert fresh(without(package) + tried).strip() == sentence


def test_the_shell_says_so_in_one_line_and_exits_with_1() -> None:
    code = without("typer") + "sys.argv = ['attnviz', 'app']; from attnviz.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "attnviz: Typer is not installed. Install it with pip install 'attnviz[models]'.\n"


def test_a_module_that_is_missing_for_another_reason_is_not_called_an_extra() -> None:
    from attnviz.extras import resolved

    with pytest.raises(ModuleNotFoundError, match=r"No module named 'attnviz\.nowhere'"):
        resolved("attnviz.nowhere:name")


def test_a_submodule_with_a_public_name_gives_that_name_in_whatever_order_they_are_imported() -> None:
    code = "import attnviz.predict, attnviz.load, attnviz, attnviz.record; from attnviz import record, load, translate, intervene\n"
    names = ["record", "load", "predict", "translate", "intervene"]
    assert fresh(code + f"print([callable(getattr(attnviz, name)) for name in {names}])").strip() == str([True] * 5)


def test_public_names_are_sorted_resolve_and_are_shown() -> None:
    assert attnviz.__all__ == sorted(attnviz.__all__) == list(attnviz.NAMES)
    assert all(hasattr(attnviz, name) for name in attnviz.__all__)
    assert set(attnviz.__all__) <= set(dir(attnviz))
    with pytest.raises(AttributeError, match="module 'attnviz' has no attribute 'nothing'"):
        attnviz.nothing  # noqa: B018


def test_every_row_of_nets_is_a_net() -> None:
    assert list(NETS) == sorted(NETS)
    assert all(isinstance(NETS[name], type) for name in NETS)
    assert "nothing" not in NETS
