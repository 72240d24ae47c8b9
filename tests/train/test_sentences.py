"""The recipes of sentiment-soft and sentiment-hard on a handful of sentences, from a tiny teacher and a tiny base."""

import random
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer

from attnviz import load
from attnviz.cards import ModelCard, read_card
from attnviz.nets.hard_classifier import HardClassifier
from attnviz.train import distil, sentiment_hard, sentiment_soft, teacher
from attnviz.train.distil import Distilled, with_words_dropped
from attnviz.train.loop import fit
from attnviz.train.sentiment_hard import HardRun, Helper
from attnviz.train.sentiment_soft import SoftRun
from attnviz.train.ship import ship
from attnviz.train.teacher import TextLessons, taught
from attnviz.train.variants import variants
from tests import tiny

TRAIN = [
    "(4 (3 good) (2 film))", "(0 (1 bad) (2 film))", "(3 (2 a) (4 (4 unbelievable) (2 film)))", "(1 (2 a) (0 (0 b) (2 !)))",
    "(2 (2 a) (2 (2 film) (2 (2 a) (2 film))))",
]  # fmt: skip
CONFIG = {**tiny.SENTENCE, "vocab_size": 300, "embedding": 16}
RUNS: dict[str, type[Distilled]] = {"soft": SoftRun, "hard": HardRun}


@pytest.fixture
def cards(text_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, ModelCard]:
    """Cards of the tiny nets; the tiny BERT is teacher and published weights, a tiny soft net is the base of the hard one."""
    base = tmp_path / "base"
    base.mkdir()
    save_file(tiny.text_net().bert.state_dict(), base / "model.safetensors")
    tiny.tokenizer().save(str(base / "tokenizer.json"))
    tiny.write_sst(tmp_path, train=TRAIN, dev=["(4 (2 a) (4 good))", "(0 bad)"])
    made = {kind: read_card(tiny.write_sentence_model(tmp_path / kind, kind, config=CONFIG)) for kind in RUNS}
    monkeypatch.setattr(sentiment_soft, "base_folder", lambda: base)
    monkeypatch.setattr(teacher, "TEACHER", str(text_model))
    monkeypatch.setattr(distil, "BATCH", 3)
    monkeypatch.setattr(sentiment_hard, "FEWEST", 1)
    monkeypatch.setattr(sentiment_soft, "PHRASE_EPOCHS", 1)
    monkeypatch.setattr(sentiment_hard, "BASE", str(tmp_path / "shipped"))
    soft = run(made["soft"], tmp_path, "soft", epochs=1)
    fit(soft, tmp_path / "shipped")
    ship(soft, made["soft"], tmp_path / "shipped")
    return made


def run(card: ModelCard, data: Path, kind: str, epochs: int = 3) -> Distilled:
    made = RUNS[kind](card, data, "cpu")
    made.epochs = epochs
    return made


@pytest.mark.parametrize("kind", RUNS)
def test_a_resumed_training_ends_with_the_same_bits(cards: dict[str, ModelCard], tmp_path: Path, kind: str) -> None:
    straight = run(cards[kind], tmp_path, kind)
    fit(straight, tmp_path / "straight")
    fit(run(cards[kind], tmp_path, kind, epochs=1), tmp_path / "resumed")
    resumed = run(cards[kind], tmp_path, kind)
    fit(resumed, tmp_path / "resumed")
    assert straight.best.accuracy == resumed.best.accuracy
    for (name, a), b in zip(straight.network().state_dict().items(), resumed.network().state_dict().values(), strict=True):
        assert torch.equal(a, b), name


@pytest.mark.parametrize("kind", RUNS)
def test_what_is_shipped_can_be_loaded_and_reads_any_text(cards: dict[str, ModelCard], tmp_path: Path, kind: str) -> None:
    made = run(cards[kind], tmp_path, kind, epochs=1)
    fit(made, tmp_path / "out")
    ship(made, cards[kind], tmp_path / "out")
    net = load(tmp_path / "out")
    encoded = net.encode("a film שלום")
    assert [word.text for word in encoded.words] == ["a", "film", "שלום"]
    assert net(**encoded.tensors).shape == (1, 2)
    assert made.tokenizer.get_vocab() == Tokenizer.from_file(str(tmp_path / "out" / "tokenizer.json")).get_vocab()


def test_people_and_teacher_share_the_target_and_of_neutral_phrases_the_teacher_speaks_alone(
    cards: dict[str, ModelCard], tmp_path: Path
) -> None:
    made = run(cards["soft"], tmp_path, "soft")
    texts = made.lessons.texts
    assert "a film a film" in texts
    assert "film" not in texts  # neutral and short
    teachers = made.lessons.get().softmax(-1)
    targets = made.targets()
    good, bad, neutral = (texts.index(text) for text in ("good film", "bad film", "a film a film"))
    torch.testing.assert_close(targets[good], 0.5 * teachers[good] + torch.tensor([0.0, 0.5]))
    torch.testing.assert_close(targets[bad], 0.5 * teachers[bad] + torch.tensor([0.5, 0.0]))
    torch.testing.assert_close(targets[neutral], teachers[neutral])


def test_a_lesson_is_what_the_teacher_says_of_each_text_alone(text_model: Path) -> None:
    net, texts = load(text_model), ["a good film", "bad", "un good film ! a b", "b"]
    with torch.no_grad():
        alone = torch.cat([net(**net.encode(text).tensors) for text in texts])
    torch.testing.assert_close(taught(net, texts), alone, atol=2e-2, rtol=0)  # batches run in bfloat16


def test_lessons_are_taken_once_and_come_back_from_the_checkpoint(monkeypatch: pytest.MonkeyPatch, text_model: Path) -> None:
    monkeypatch.setattr(teacher, "TEACHER", str(text_model))
    lessons, again = TextLessons(["good", "bad film"]), TextLessons(["good", "bad film"])
    again.load_state_dict({"logits": (first := lessons.get())})
    monkeypatch.setattr(teacher, "load", None)
    assert again.get() is first
    assert lessons.get() is first


def test_an_epoch_has_every_text_once_in_another_order_than_the_next(cards: dict[str, ModelCard], tmp_path: Path) -> None:
    made = run(cards["soft"], tmp_path, "soft")
    made.tensors = lambda texts: texts  # type: ignore[assignment, method-assign, return-value]
    batches = [[texts for texts, _ in Distilled.batches(made, epoch)] for epoch in (0, 0, 1)]
    assert [sum(map(len, epoch)) for epoch in batches] == [len(made.texts)] * 3
    assert len(batches[0]) == made.steps()
    assert batches[0] == batches[1] != batches[2]


def test_after_the_phrases_come_made_up_sentences_with_the_real_ones_among_them(
    cards: dict[str, ModelCard], tmp_path: Path
) -> None:
    made = run(cards["soft"], tmp_path, "soft")
    assert isinstance(made, SoftRun)
    made.tensors = lambda texts: texts  # type: ignore[assignment, method-assign, return-value]
    assert len(made.made_up.texts) == 5 * len(TRAIN)
    assert sum(len(texts) for texts, _ in made.batches(1)) == 5 * len(TRAIN) + 4  # the neutral sentence has no label


def test_the_learning_rate_rises_and_falls_once_for_phrases_and_once_lower_for_made_up_sentences(
    cards: dict[str, ModelCard], tmp_path: Path
) -> None:
    made = run(cards["soft"], tmp_path, "soft")
    first, last = made.steps(), made.steps() * (1 + sentiment_soft.VARIANT_EPOCHS)
    rates = [made.slope(step) for step in range(last + 1)]
    assert rates[first] < 0.01
    assert rates[last] == 0
    assert max(rates[:first]) > 0.7 > sentiment_soft.SECOND_RATE >= max(rates[first:]) > 0.3


def test_a_variant_is_a_part_of_its_sentence_with_words_of_others_and_the_same_again() -> None:
    sentences = ["one two three four five six seven", "eight", "nine ten"]
    made = variants(sentences, 200, seed=1)
    assert made == variants(sentences, 200, seed=1)
    assert len(made) == 600
    known = " ".join(sentences).split()
    assert all(text and set(text.split()) <= set(known) for text in made)
    own = [sum(word in sentences[0].split() for word in text.split()) for text in made[:200]]
    assert max(own) == 7
    assert min(len(text.split()) for text in made[:200]) < 4
    assert any("eight" in text for text in made[:200])  # a replacement


def test_dropping_words_takes_all_tokens_of_a_word_and_leaves_some() -> None:
    shuffler, seen = random.Random(0), set()
    for _ in range(300):
        ids, words = with_words_dropped([5, 6, 7, 8], [0, 1, 1, 2], shuffler)
        assert len(ids) == len(words) > 0
        assert (6 in ids) == (7 in ids)
        seen.add(tuple(ids))
    assert {(5, 6, 7, 8), (6, 7, 8), (5, 8), (5, 6, 7)} <= seen


def test_the_hard_net_begins_as_the_soft_one(cards: dict[str, ModelCard], tmp_path: Path) -> None:
    net, soft = run(cards["hard"], tmp_path, "hard").net, load(tmp_path / "shipped")
    assert isinstance(net, HardClassifier)
    assert torch.equal(net.embedding.weight, soft.embedding.weight)
    for part in (net.selector, net.reader):
        assert torch.equal(part.encoder.lstm.weight_hh_l0, soft.encoder.lstm.weight_hh_l0)
    assert torch.equal(net.reader.classifier.weight, soft.classifier.weight)


def test_words_that_people_rated_are_known_to_be_laden_or_not(cards: dict[str, ModelCard], tmp_path: Path) -> None:
    made = run(cards["hard"], tmp_path, "hard")
    assert isinstance(made, HardRun)
    said = {word: float(made.laden[made.tokenizer.token_to_id(word)]) for word in ("good", "bad", "film")}
    assert said == {"good": 1.0, "bad": 1.0, "film": 0.0}
    assert made.laden[made.tokenizer.token_to_id("<0x41>")] == -1


def test_the_price_of_a_pick_rises_while_too_much_is_picked_and_falls_while_too_little() -> None:
    helper, words = Helper(4, 2), torch.ones(2, 10, dtype=torch.bool)
    first = float(helper.price)
    helper.haggle(torch.full((2, 10), sentiment_hard.SHARE), words)
    assert float(helper.price) == pytest.approx(first)
    helper.haggle(torch.full((2, 10), 0.9), words)
    assert float(helper.price) > first
    for _ in range(10):
        helper.haggle(torch.full((2, 10), 0.01), words)
    assert float(helper.price) < first
    before = float(helper.price)
    helper.haggle(torch.ones(2, 3), torch.ones(2, 3, dtype=torch.bool))
    assert float(helper.price) == before  # short texts do not count


def test_weights_that_pick_too_much_are_not_kept(cards: dict[str, ModelCard], tmp_path: Path) -> None:
    made = run(cards["hard"], tmp_path, "hard")
    net = made.ema.module
    assert isinstance(net, HardClassifier)
    net.selector.score.weight.data.zero_()
    net.selector.score.bias.data.fill_(-1.0)
    made.validate()
    frugal = made.best.weights["selector.score.bias"].item()
    net.selector.score.bias.data.fill_(1.0)
    made.validate()
    assert made.best.weights["selector.score.bias"].item() == frugal == -1.0
