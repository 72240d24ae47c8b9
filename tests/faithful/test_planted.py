"""A net that decides by one word: the verdict finds it, and says no to maps that were shuffled."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from attnviz import load
from attnviz.faithful import hiding, tried
from attnviz.faithful.trials import luck_of, one_tried
from attnviz.nets.base import Net
from attnviz.predict import predict
from attnviz.probe import Probe
from attnviz.results import TextResult
from tests import tiny

WORD = "good"
TEXT = "a bad film a b film a bad un a b film bad good a film b a un b film a bad a"  # 24 words, one of them planted


class Planted(Net):
    """Attends to all words alike, and says positive where one word stands in the sentence, whatever it attended to."""

    def __init__(self, token: int) -> None:
        super().__init__()
        self.token = token
        self.probe = Probe("soft", "even", "softmax", ("key",))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        self.probe(attention_mask / attention_mask.sum(1, keepdim=True))
        there = ((input_ids == self.token) & (attention_mask == 1)).any(1).float()
        return torch.stack([-2 * there, 2 * there], dim=1)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Planted, TextResult]:
    shape = load(tiny.write_text_model(tmp_path_factory.mktemp("models") / "tiny", text={"max_tokens": 64}))
    net = Planted(tiny.tokenizer().token_to_id(WORD))
    net.card, net.encode = shape.card, shape.encode
    result = predict(net, TEXT)
    assert isinstance(result, TextResult)
    return net, result


def test_occlusion_finds_the_planted_word_and_passes(planted: tuple[Planted, TextResult]) -> None:
    hidden = hiding(*planted)
    (found,) = [one for one in tried(*planted) if one.method == "occlusion"]
    assert found.names[int(found.strengths.argmax())] == WORD
    assert np.count_nonzero(found.strengths) == 1
    assert found.trial.passed
    assert found.verdict.endswith("this map points at what matters.")
    assert hidden.say(np.zeros((1, 24), dtype=np.bool_))[0] == 0.5


def test_shuffled_maps_are_told_that_they_explain_nothing_but_for_one_in_twenty(planted: tuple[Planted, TextResult]) -> None:
    hidden, random = hiding(*planted), np.random.default_rng(3)
    luck = luck_of(hidden)
    told = Counter(one_tried("shuffled", random.permutation(24).astype(float), hidden, luck).trial.passed for _ in range(200))
    assert told[None] == 0
    assert told[True] <= 10


def test_a_map_that_looks_elsewhere_does_not_explain_the_decision(planted: tuple[Planted, TextResult]) -> None:
    hidden = hiding(*planted)
    elsewhere = np.array([name != WORD for name in hidden.names], dtype=np.float64)
    found = one_tried("attention", elsewhere, hidden, luck_of(hidden))
    assert found.trial.passed is False
    assert found.verdict.endswith("no more than luck would, so this map does not explain this decision.")


def test_the_figures_of_a_run_that_was_interrupted_are_those_of_one_that_was_not(tmp_path: Path) -> None:
    from attnviz.faithful.over_data import faithful

    net = load(tiny.write_sentence_model(tmp_path / "model", "soft"))
    tiny.write_sst(tmp_path, test=["(3 (2 a) (3 (3 good) (2 film)))", "(1 (1 bad) (2 film))", "(1 (1 bad) (2 a))"])
    keep = tmp_path / "rows.jsonl"
    faithful(net, tmp_path, 2, keep=keep)
    assert faithful(net, tmp_path, 3, keep=keep) == faithful(net, tmp_path, 3)
    assert len(keep.read_text().splitlines()) == 3
