"""Translators on the command line."""

import json
import zipfile
from pathlib import Path

import pytest

from attnviz import load
from attnviz.data import tatoeba
from attnviz.errors import CardError
from attnviz.evaluate_translation import alignment
from attnviz.translate import translate
from tests.test_cli import run
from tests.translators import CONFIGS, ENGLISH, FRENCH, write_translator

SENTENCE = "Où est l'argent ?"


@pytest.mark.parametrize("name", CONFIGS)
def test_every_layer_is_written_with_the_words_of_both_sides(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    folder = write_translator(tmp_path / "model", name)
    assert run(monkeypatch, "map", folder, "--text", SENTENCE, "--out", tmp_path / "a.json") == 0
    written = json.loads((tmp_path / "a.json").read_text())
    expected = translate(load(folder), SENTENCE)
    assert written["translation"] == expected.text
    assert written["written"] == list(expected.tokens)
    assert [m["layer"] for m in written["maps"]] == list(expected.tape.layers)
    for m in written["maps"]:
        assert m["labels"] == {axis: list(names) for axis, names in expected.tape[m["layer"]].labels.items()}


@pytest.mark.parametrize("name", CONFIGS)
def test_a_page_is_written_for_every_kind_of_translator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    folder = write_translator(tmp_path / "model", name)
    assert run(monkeypatch, "map", folder, "--text", SENTENCE, "--out", tmp_path / "a.html") == 0
    assert "plotly" in (tmp_path / "a.html").read_text()


def test_a_beginning_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_translator(tmp_path / "model")
    assert run(monkeypatch, "map", folder, "--text", SENTENCE, "--beginning", "Where is", "--out", tmp_path / "a.npz") == 0
    assert capsys.readouterr().out.startswith("Where is")


@pytest.mark.parametrize(("option", "said"), [("--seed", "draws nothing"), ("--image", "one of --text, --image and --series")])
def test_what_makes_no_sense_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, said: str
) -> None:
    folder = write_translator(tmp_path / "model")
    assert run(monkeypatch, "map", folder, "--text", SENTENCE, option, "7", "--out", tmp_path / "a.json") == 1
    assert said in capsys.readouterr().err


def test_eval_prints_bleu_chrf_and_with_links_the_error_rate(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_translator(tmp_path / "model")
    (tmp_path / "tatoeba_fra_eng").mkdir()
    lines = [f"{english}\t{french}" for french, english in zip(FRENCH, ENGLISH, strict=True)]
    with zipfile.ZipFile(tmp_path / "tatoeba_fra_eng" / "fra-eng.zip", "w") as archive:
        archive.writestr("fra-eng/fra.txt", "\n".join(lines))
    monkeypatch.setattr(tatoeba, "HELD_OUT", 2)
    (tmp_path / "gold.links").write_text("1-1 2p2\n")
    (tmp_path / "gold.pairs").write_text("Où est ||| Where is\n")
    assert run(monkeypatch, "eval", folder, "--data", tmp_path, "--links", tmp_path / "gold.links", "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert {"bleu", "chrf", "without_attention", "alignment_error", "diagonal_error"} < set(printed)
    assert printed["n"] >= 2
    assert 0 <= printed["alignment_error"] <= 1


def test_links_for_a_model_that_does_not_translate_are_refused(text_model: Path, tmp_path: Path) -> None:
    with pytest.raises(CardError, match="translates nothing"):
        alignment(load(text_model), tmp_path / "gold.links")
