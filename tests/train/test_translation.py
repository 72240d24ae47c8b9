"""The translation recipe on thirty pairs."""

import zipfile
from pathlib import Path

import pytest
import torch

from attnviz.cards import ModelCard, read_card
from attnviz.data import tatoeba
from attnviz.load import load
from attnviz.train import book, translation
from attnviz.train.loop import fit
from attnviz.train.ship import ship
from attnviz.train.translation import Schedule, TranslationRun
from tests import tiny
from tests.translators import RECURRENT


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tatoeba_fra_eng").mkdir()
    things = (("cats", "chats"), ("dogs", "chiens"), ("men", "hommes"))
    lines = [f"I see {number} {what}.\tJe vois {number} {quoi}." for number in range(10) for what, quoi in things]
    with zipfile.ZipFile(tmp_path / "tatoeba_fra_eng" / "fra-eng.zip", "w") as archive:
        archive.writestr("fra-eng/fra.txt", "\n".join(lines))
    monkeypatch.setattr(tatoeba, "HELD_OUT", 4)
    monkeypatch.setattr(book, "ROUND", 24)
    monkeypatch.setattr(book, "CHUNK", 12)
    monkeypatch.setitem(translation.SCHEDULES, "translate-tiny", Schedule(2, 8, 2e-3))
    return tmp_path


@pytest.fixture
def card(tmp_path: Path) -> ModelCard:
    folder = tmp_path / "translate-tiny"
    folder.mkdir()
    config = {**RECURRENT, "source_size": 300, "target_size": 300}
    files = dict.fromkeys(("weights.safetensors", "source.json", "target.json"), "")
    given = {"task": "translation", "input": "text", "labels": [], "net": "bahdanau", "text": {"max_tokens": 32}}
    tiny.write_card(folder, **given, config=config, files=files)
    return read_card(folder)


def run(card: ModelCard, data: Path, epochs: int = 2) -> TranslationRun:
    torch.manual_seed(3)
    made = TranslationRun(card, data, "cpu")
    made.epochs = epochs
    return made


def test_a_resumed_training_ends_with_the_same_bits(card: ModelCard, data: Path) -> None:
    straight = run(card, data)
    fit(straight, data / "straight")
    fit(run(card, data, epochs=1), data / "resumed")
    resumed = run(card, data)
    fit(resumed, data / "resumed")
    for (name, a), b in zip(straight.net.state_dict().items(), resumed.net.state_dict().values(), strict=True):
        assert torch.equal(a, b), name


def test_what_is_shipped_loads_and_gives_the_same_logits(card: ModelCard, data: Path) -> None:
    made = run(card, data)
    out = data / "shipped"
    fit(made, out)
    ship(made, card, out)
    loaded = load(out)
    source, mask, target, _ = made._tensors(next(made.book.held_out.alike(4)))
    torch.testing.assert_close(loaded(source, mask, target), made.network()(source, mask, target), atol=1e-2, rtol=1e-2)


@pytest.mark.parametrize("epoch", [0, 1])
def test_no_held_out_pair_is_trained_on(card: ModelCard, data: Path, epoch: int) -> None:
    made = run(card, data)
    held_out = {pair.french for pair in tatoeba.split(data)["dev"]}
    trained = [made.book.source.decode(row.tolist()) for batch in made.batches(epoch) for row in batch.source]
    assert len(held_out) == 4
    assert len(trained) == 24
    assert not {one.strip() for one in trained} & held_out


def test_every_lesson_has_links_between_its_tokens(card: ModelCard, data: Path) -> None:
    for batch in run(card, data).batches(1):
        assert batch.links.shape == (len(batch.source), batch.target.shape[1] - 1, batch.source.shape[1])
        assert batch.links.any(-1).any(-1).all()
        assert not batch.links.transpose(1, 2)[~batch.mask].any()


def test_rounds_are_gone_through_again_in_another_order(card: ModelCard, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translation, "ROUNDS", 1)
    made = run(card, data)
    first, second = ([row[row > 0].tolist() for batch in made.batches(epoch) for row in batch.source] for epoch in (0, 1))
    assert first != second
    assert sorted(first) == sorted(second)


def test_learning_makes_the_loss_smaller(card: ModelCard, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(translation.SCHEDULES, card.name, Schedule(30, 8, 1e-2))
    made = run(card, data, epochs=30)
    losses = [float(made.step(batch)) for epoch in range(30) for batch in made.batches(epoch)]
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])
