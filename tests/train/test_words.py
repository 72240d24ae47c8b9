"""The recipes of the language models on some dozen sentences."""

import json
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel

from attnviz import load, predict
from attnviz.cards import ModelCard, read_card
from attnviz.data import words
from attnviz.evaluate import evaluate
from attnviz.train import words_masked
from attnviz.train.loop import fit
from attnviz.train.ship import ship
from attnviz.train.words import WordsRun, by_length
from attnviz.train.words_masked import MaskedWordRun, english
from attnviz.train.words_next import NextWordRun
from tests import tiny

PIECES = [
    "[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "i", "see", "a", "film", "##s", "good", "bad", "д", "字", ".", "cat",
    "dog", "b", "one", "two",
]  # fmt: skip
BERT = {
    "hidden_size": 24, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 3, "max_position_embeddings": 16,
    "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0,
}  # fmt: skip
KEPT = [piece for piece in PIECES if piece not in ("[unused0]", "д", "字")]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tatoeba_fra_eng").mkdir()
    seen = [f"{number} {what}" for number in ("a", "one", "two") for what in ("cat", "dog", "film")]
    lines = [f"I see {what}{dots}\tx {what}{dots}" for dots in (".", "...") for what in seen]
    with zipfile.ZipFile(tmp_path / "tatoeba_fra_eng" / "fra-eng.zip", "w") as archive:
        archive.writestr("fra-eng/fra.txt", "\n".join(lines))
    tiny.write_sst(
        tmp_path, train=["(4 (3 good) (2 film))", "(0 (1 bad) (2 film))"], dev=["(4 (2 a) (4 good))"], test=["(0 (2 a) (0 bad))"]
    )  # fmt: skip
    monkeypatch.setattr(words, "SHARES", {"test": 0.3, "dev": 0.2})
    return tmp_path


def card(folder: Path, net: str, task: str, **config: object) -> ModelCard:
    folder.mkdir()
    files = dict.fromkeys(("weights.safetensors", "tokenizer.json"), "")
    tiny.write_card(folder, task=task, input="text", labels=[], net=net, text={"max_tokens": 16}, config=config, files=files)
    return read_card(folder)


@pytest.fixture
def following(tmp_path: Path, data: Path) -> NextWordRun:
    given = card(tmp_path / "words-next", "next-word", "next-word", size=290, width=24, heads=3, layers=2, dropout=0.0)
    return NextWordRun(given, data, "cpu")


@pytest.fixture
def hidden(tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> MaskedWordRun:
    base = published(tmp_path / "base")
    monkeypatch.setattr(words_masked, "base_folder", lambda: base)
    return MaskedWordRun(card(tmp_path / "words-masked", "masked-word", "masked-word", vocab_size=len(KEPT), **BERT), data, "cpu")


def published(base: Path) -> Path:
    """A tokenizer and weights as the package has them."""
    base.mkdir()
    torch.manual_seed(1)
    net = BertModel(BertConfig(vocab_size=len(PIECES), **BERT))
    save_file(net.state_dict(), base / "model.safetensors")
    tokenizer = Tokenizer(models.WordPiece({piece: i for i, piece in enumerate(PIECES)}, unk_token="[UNK]"))
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 3), ("[SEP]", 4)])
    tokenizer.save(str(base / "tokenizer.json"))
    return base


def test_no_two_parts_share_a_sentence_whatever_its_marks(data: Path) -> None:
    parts = {part: words.sentences(data, part) for part in ("test", "dev", "train")}
    letters = {part: {words.tatoeba.letters(text) for text in texts} for part, texts in parts.items()}
    assert sum(map(len, letters.values())) == len(set.union(*letters.values())) == 9 + 4
    assert {"good film", "bad film"} <= set(parts["train"])
    assert "a bad" in parts["test"]


def test_every_token_but_the_first_is_asked_once_and_the_end_too(following: NextWordRun) -> None:
    ids = torch.tensor([[1, 7, 8, 9], [1, 5, 0, 0]])
    seen, real, where, wanted = following.asked(ids, torch.Generator())
    assert seen is ids
    assert torch.equal(real, ids != 0)
    assert torch.equal(where, real)
    assert wanted.tolist() == [7, 8, 9, 2, 5, 2]


def test_hidden_tokens_are_masks_and_some_of_every_sentence(hidden: MaskedWordRun) -> None:
    ids = torch.tensor([[2, 5, 6, 7, 8, 9, 3], [2, 5, 3, 0, 0, 0, 0]] * 50)
    seen, real, where, wanted = hidden.asked(ids, torch.Generator().manual_seed(0))
    assert where.any(1).all()
    assert (seen[where] == hidden.mask).all()
    assert torch.equal(seen[~where], ids[~where])
    assert not (where & (ids < 5)).any()
    assert torch.equal(wanted, ids[where])
    assert 0.2 < where[::2].sum() / (50 * 5) < 0.45
    assert torch.equal(real, ids != 0)


def test_the_vocabulary_keeps_what_english_is_written_in_and_the_rows_of_its_pieces(hidden: MaskedWordRun, tmp_path: Path) -> None:
    tokenizer, kept = english(tmp_path / "base" / "tokenizer.json")
    assert [PIECES[i] for i in kept] == ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *KEPT[5:]]
    assert tokenizer.encode("I see films д").tokens == ["[CLS]", "i", "see", "film", "##s", "[UNK]", "[SEP]"]
    published = load_file(tmp_path / "base" / "model.safetensors")["embeddings.word_embeddings.weight"]
    assert torch.equal(hidden.net.bert.embeddings.word_embeddings.weight, published[kept])
    assert json.loads(tokenizer.to_str())["model"]["vocab"]["film"] == kept.index(PIECES.index("film"))


@pytest.mark.parametrize("kind", ["following", "hidden"])
def test_a_resumed_training_ends_with_the_same_bits(kind: str, request: pytest.FixtureRequest, data: Path) -> None:
    straight: WordsRun = request.getfixturevalue(kind)
    straight.epochs = 2
    fit(straight, data / "straight")
    broken, resumed = (type(straight)(straight.card, data, "cpu") for _ in range(2))
    broken.epochs, resumed.epochs = 1, 2
    fit(broken, data / "resumed")
    fit(resumed, data / "resumed")
    for (name, a), b in zip(straight.net.state_dict().items(), resumed.net.state_dict().values(), strict=True):
        assert torch.equal(a, b), name


@pytest.mark.parametrize(("kind", "text"), [("following", "I see a"), ("hidden", "I see a [MASK].")])
def test_what_is_shipped_guesses_and_is_measured(kind: str, text: str, request: pytest.FixtureRequest, data: Path) -> None:
    run: WordsRun = request.getfixturevalue(kind)
    (data / "out").mkdir()
    ship(run, run.card, data / "out")
    net = load(data / "out")
    result = predict(net, text)
    assert len(result.ranked) == 10
    assert sum(result.probabilities.values()) <= 1
    found = evaluate(net, data)
    assert {"top1", "top5", "unigram", "trigram", "n"} <= found.keys()
    assert ("perplexity" in found) == (kind == "following")
    assert 0 <= found["top1"] <= found["top5"] <= 1


def test_batches_hold_at_most_so_many_tokens_and_every_text_once() -> None:
    texts = [[i] * (1 + i % 7) for i in range(50)]
    batches = by_length(texts, 20)
    assert all(len(batch) * max(map(len, batch)) <= 20 for batch in batches)
    assert sorted(text for batch in batches for text in batch) == sorted(texts)
