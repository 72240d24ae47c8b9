"""The translation recipe on thirty pairs."""

import random
import zipfile
from pathlib import Path

import pytest
import torch

from attnviz.cards import ModelCard, read_card
from attnviz.data import tatoeba
from attnviz.load import load
from attnviz.train import translation
from attnviz.train.loop import fit
from attnviz.train.ship import ship
from attnviz.train.translation import Schedule, TranslationRun, alike, as_typed
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
    source, mask, target = made._tensors(made._ids(made.held_out))
    torch.testing.assert_close(loaded(source, mask, target), made.network()(source, mask, target), atol=1e-2, rtol=1e-2)


def test_no_held_out_pair_is_trained_on(card: ModelCard, data: Path) -> None:
    made = run(card, data)
    held_out = {made.source.decode(ids) for ids, _ in made._ids(made.held_out)}
    trained = {made.source.decode([i for i in row.tolist() if i]) for source, _, _ in made.batches(0) for row in source}
    assert len(held_out) == 4
    assert not held_out & trained


def test_learning_makes_the_loss_smaller(card: ModelCard, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(translation.SCHEDULES, card.name, Schedule(30, 8, 1e-2))
    made = run(card, data, epochs=30)
    losses = [float(made.step(batch)) for epoch in range(30) for batch in made.batches(epoch)]
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])


def test_now_and_then_a_sentence_comes_as_people_type_it() -> None:
    shuffler = random.Random(0)
    seen = {as_typed("Il est là.", shuffler) for _ in range(500)}
    assert seen == {"Il est là.", "il est là.", "Il est là", "il est là"}


def test_batches_hold_pairs_of_about_one_length_and_lose_none() -> None:
    pairs = [([0] * n, [0] * m) for n in range(10) for m in range(10)]
    batches = alike(pairs, 10, random.Random(0))
    assert sorted(pair for batch in batches for pair in batch) == sorted(pairs)
    assert all(len({len(source) for source, _ in batch}) == 1 for batch in batches)
