"""Language models of our own, against those of transformers and against what a text does not know yet."""

from functools import reduce

import pytest
import torch
from tokenizers import Tokenizer
from transformers import BertConfig, BertForMaskedLM

from attnviz.encode.text import encode_text
from attnviz.nets.masked_word import MaskedWord
from attnviz.nets.next_word import NextWord
from attnviz.nets.words import word_there
from attnviz.record import record
from attnviz.train.byte_pairs import byte_pairs

TINY = {
    "vocab_size": 50, "hidden_size": 24, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 3,
    "max_position_embeddings": 16,
}  # fmt: skip
OURS = {
    "cls.predictions.transform.dense": "transform.0", "cls.predictions.transform.LayerNorm": "transform.2",
    "cls.predictions.bias": "bias",
}  # fmt: skip


def test_hidden_words_are_guessed_as_by_transformers() -> None:
    theirs = BertForMaskedLM(BertConfig(**TINY)).eval()
    torch.nn.init.normal_(theirs.cls.predictions.bias)
    ours = MaskedWord(**TINY).eval()
    weights = {reduce(lambda name, pair: name.replace(*pair), OURS.items(), name): w for name, w in theirs.state_dict().items()}
    ours.load_state_dict({name: weights[name] for name in ours.state_dict()})
    ids, mask = torch.randint(1, 50, (2, 7)), torch.ones(2, 7, dtype=torch.long)
    mask[1, 5:] = 0
    with torch.no_grad():
        torch.testing.assert_close(ours(ids, mask)[0], theirs(ids, mask).logits[0], atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(ours(ids, mask)[1, :5], theirs(ids, mask).logits[1, :5], atol=1e-5, rtol=1e-4)


@pytest.fixture
def causal() -> NextWord:
    torch.manual_seed(0)
    return NextWord(size=60, width=24, heads=3, layers=2).eval()


def test_what_comes_later_changes_nothing_before_it(causal: NextWord) -> None:
    ids = torch.randint(1, 60, (1, 8))
    other = ids.clone()
    other[0, 5:] = 7
    with torch.no_grad():
        torch.testing.assert_close(causal(ids)[0, :5], causal(other)[0, :5])
        assert not torch.allclose(causal(ids)[0, 5:], causal(other)[0, 5:])


def test_every_token_looks_back_and_at_itself(causal: NextWord) -> None:
    with record(causal) as tape, torch.no_grad():
        causal(torch.randint(1, 60, (1, 6)))
    assert len(tape.layers) == 2
    for m in tape:
        weights = torch.tensor(m.dense())
        assert torch.equal(weights, weights.tril())
        assert (weights.diagonal(dim1=1, dim2=2) > 0).all()


def test_the_most_probable_words_are_those_after_the_last_token_or_at_the_first_gap() -> None:
    tokenizer: Tokenizer = byte_pairs(["the cat sat on the mat"] * 3, 300, ("[PAD]", "[START]", "[MASK]"), "[START] $A")
    encoded = encode_text("the cat", tokenizer=tokenizer)
    logits = torch.zeros(len(encoded.tokens), tokenizer.get_vocab_size())
    logits[-1, tokenizer.encode("sat").ids[1]] = 9.0
    found = word_there(logits, encoded, tokenizer, masked=False)
    assert max(found.probabilities, key=found.probabilities.__getitem__) == "sat"
    assert found.about == "the next token"
    assert word_there(logits, encoded, tokenizer, masked=True).why_none.startswith("Write [MASK]")
