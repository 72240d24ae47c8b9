"""What a translator copies, what it is worth on sentences that people say, and what is left of it where it looks at all alike."""

from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import torch
from sacrebleu.metrics.chrf import CHRF

from attnviz.errors import CardError, DataError
from attnviz.evaluate_translation import indifferent, names, read_pairs, told, translations
from attnviz.load import load
from attnviz.record import record
from attnviz.translate import translate
from tests.translators import CONFIGS, MASK, SOURCE, TARGET, translator, with_words

AUDIENCE = Path(__file__).parent / "audience"
SHIPPED = [f"translate-{name}" for name in ("bahdanau", "local", "luong", "transformer")]
loaded = cache(load)


def written(folder: Path, *lines: str) -> Path:
    path = folder / "own.pairs"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_chrf_is_sacrebleus_over_the_sentences_as_a_page_translates_them(tmp_path: Path) -> None:
    net = with_words("luong")
    path = written(tmp_path, "Il fait beau. Où est l'argent ? ||| It's nice. Where is the money?", "Je n'ai pas ||| I don't have")
    found = [
        " ".join(translate(net, "Il fait beau. Où est l'argent ?", sentence=number).text for number in (1, 2)),
        translate(net, "Je n'ai pas").text,
    ]
    expected = CHRF().corpus_score(found, [["It's nice. Where is the money?", "I don't have"]]).score
    assert told(net, path)["told"] == {"chrf": expected, "copied": None, "to_copy": 0, "n": 2}


def test_words_with_a_capital_or_a_digit_are_counted_each_as_often_as_it_stands() -> None:
    assert names("Anne-Lise n'a vu qu'Anselme, né en 1987, à 14:35 ; Anselme rit.") == Counter(
        {"Anne-Lise": 1, "Anselme": 2, "1987": 1, "14:35": 1}
    )


@pytest.mark.parametrize("model", SHIPPED)
def test_a_file_of_names_is_counted_name_by_name(model: str, tmp_path: Path) -> None:
    net = loaded(model)
    lines = ("Ousmane a vu Solveig hier. ||| Ousmane saw Solveig yesterday.", "Il pleut. ||| It is raining in 1999.")
    text = translations(net, ["Ousmane a vu Solveig hier."])[0]
    found = told(net, written(tmp_path, *lines))["told"]
    assert found["to_copy"] == 2
    assert found["copied"] == sum(name in text for name in ("Ousmane", "Solveig")) / 2


@pytest.mark.parametrize("model", SHIPPED)
@pytest.mark.parametrize("kind", ["names", "numbers"])
def test_a_shipped_translator_copies_nine_names_and_numbers_of_ten(model: str, kind: str) -> None:
    found = told(loaded(model), AUDIENCE / f"{kind}.pairs")["told"]
    assert found["to_copy"] > 30
    assert found["copied"] >= 0.9


@pytest.mark.parametrize("model", SHIPPED)
def test_capitals_ligatures_and_apostrophes_change_no_translation(model: str) -> None:
    net = loaded(model)
    for one, other in (
        ("OÙ EST LA GARE ?", "Où est la gare ?"), ("Ma soeur a deux oeufs.", "Ma sœur a deux œufs."),
        ("J’ai vu l’oiseau qu’il aime.", "J'ai vu l'oiseau qu'il aime."),
    ):  # fmt: skip
        assert translate(net, one).text == translate(net, other).text


@pytest.mark.parametrize("line", ["Il pleut.", "Il pleut. |||", "||| It rains.", ""])
def test_a_line_that_is_no_pair_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(DataError, match="no pair"):
        read_pairs(written(tmp_path, "Oui. ||| Yes.", line, "Non. ||| No.") if line else written(tmp_path))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_pairs(tmp_path / "own.pairs")


def test_pairs_for_a_model_that_does_not_translate_are_refused(text_model: Path) -> None:
    with pytest.raises(CardError, match="translates nothing"):
        told(load(text_model), AUDIENCE / "plain.pairs")


@pytest.mark.parametrize("name", CONFIGS)
def test_an_indifferent_copy_looks_at_all_that_it_may_see_alike(name: str) -> None:
    net = translator(name)
    before = net(SOURCE, MASK, TARGET)
    bare = indifferent(net)
    with record(bare) as tape:
        bare(SOURCE[:1], MASK[:1], TARGET[:1])
    for m in tape.of("alignment"):
        rows = torch.tensor(m.dense()).reshape(-1, SOURCE.shape[1])
        torch.testing.assert_close(rows, rows.flip(-1))  # the same from both ends: even, or local attention's bell in the middle
        assert name == "local" or torch.allclose(rows, torch.tensor(1 / SOURCE.shape[1]))
    assert torch.equal(net(SOURCE, MASK, TARGET), before)
    assert not torch.allclose(bare(SOURCE, MASK, TARGET), before)


def test_attention_to_itself_is_left_as_it_is() -> None:
    net = translator("transformer")
    tapes = []
    for one in (net, indifferent(net)):
        with record(one) as tape:
            one(SOURCE[:1], MASK[:1], TARGET[:1])
        tapes.append(tape)
    reading = [m.layer for m in tapes[0].of("reading")]
    assert reading
    assert all((tapes[0][layer].dense() == tapes[1][layer].dense()).all() for layer in reading)
