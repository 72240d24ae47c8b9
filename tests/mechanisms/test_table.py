"""The manual's table of mechanisms names what is there: mechanisms, models, and tests that exist."""

import ast
import re
from pathlib import Path

from attnviz.mechanisms import MECHANISMS

ROOT = Path(__file__).resolve().parents[2]
SECTION = (ROOT / "docs" / "mechanisms.md").read_text(encoding="utf-8")
ROWS = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in SECTION.splitlines() if line.startswith("|")][2:]


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def defined_in(path: Path) -> set[str]:
    return {node.name for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)}


def places(after: str) -> list[str]:
    return [name for _, where, _ in ROWS for part in where.split("; ") if part.startswith(after) for name in quoted(part)]


def test_every_mechanism_is_in_one_row() -> None:
    assert sorted(places("Mechanisms: ")) == sorted(mechanism.name for mechanism in MECHANISMS)


def test_every_model_of_the_table_is_there() -> None:
    models = places("trained: ")
    assert len(models) > 8
    assert [name for name in models if not (ROOT / "models" / name / "card.toml").is_file()] == []


def test_a_row_names_the_models_that_the_page_names() -> None:
    named = set(places("trained: "))
    assert {model for mechanism in MECHANISMS for model in mechanism.trained} <= named


def test_every_row_has_its_oracle_and_every_named_test_exists() -> None:
    assert len(ROWS) > 20
    for mechanism, _, oracle in ROWS:
        file, *tests = quoted(oracle)
        assert tests, mechanism
        assert set(tests) <= defined_in(ROOT / "tests" / file), mechanism
