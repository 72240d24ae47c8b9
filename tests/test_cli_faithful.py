"""Explanations put to the test from the shell."""

import json
from pathlib import Path

import pytest

from tests import tiny
from tests.test_cli import run


def test_explain_says_of_every_method_whether_it_points_at_what_matters(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text_model: Path
) -> None:  # fmt: skip
    assert run(monkeypatch, "explain", text_model, "--text", "a good film a bad film un a b good") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines[1:]] == [
        "attention", "head shown first", "rollout", "flow", "relevance", "gradient x input", "integrated gradients", "occlusion"
    ]  # fmt: skip
    assert all(" move it by " in line for line in lines[1:])


def test_faithful_scores_every_method_over_a_data_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, text_model: Path
) -> None:  # fmt: skip
    tiny.write_sst(tmp_path, test=["(3 (2 a) (3 (3 good) (2 film)))", "(1 (1 bad) (2 film))"])
    marked = tmp_path / "marked.jsonl"
    marked.write_text('{"text": "a good film", "words": ["good"]}\n')
    assert run(monkeypatch, "faithful", text_model, "--data", tmp_path, "--n", 2, "--json", "--rationales", marked) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["n"] == 2
    figures = found["methods"]["occlusion"]
    assert {"comprehensiveness", "sufficiency", "random", "auc_deletion", "auc_insertion"} < set(figures)
    assert figures["agreement"] in (0.0, 0.5, 1.0)
    assert figures["agreement_n"] == 1
    assert figures["told"] == 0  # two or three words are too few for a verdict
