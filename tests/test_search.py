"""Beam search against an enumeration of everything that could be written."""

import itertools

import pytest
import torch

from attnviz.nets.translator import END, Translator
from attnviz.search import search
from tests.translators import CONFIGS, MASK, SOURCE, translator

LIMIT = 4
WORDS = (3, 4, 5)


def chances(net: Translator, source: int, tokens: tuple[int, ...]) -> list[float]:
    given = torch.tensor([[1, *tokens[:-1]]])
    logs = net(SOURCE[source : source + 1], MASK[source : source + 1], given)[0].log_softmax(-1)
    return [float(logs[step, token]) for step, token in enumerate(tokens)]


def everything() -> list[tuple[int, ...]]:
    ended = [(*words, END) for length in range(LIMIT) for words in itertools.product(WORDS, repeat=length)]
    return [*ended, *itertools.product(WORDS, repeat=LIMIT)]


@pytest.mark.parametrize("name", CONFIGS)
def test_with_beams_enough_the_best_is_found(name: str) -> None:
    net = translator(name)
    for source, outputs in enumerate(search(net, SOURCE, MASK, beams=150, limit=LIMIT)):
        scored = sorted(((sum(c := chances(net, source, t)) / len(c), t) for t in everything()), reverse=True)
        assert outputs[0].score == pytest.approx(scored[0][0], abs=1e-5)
        assert outputs[0].tokens in {tokens for score, tokens in scored if score > scored[0][0] - 1e-5}


@pytest.mark.parametrize("name", CONFIGS)
def test_one_beam_takes_the_most_probable_token_every_time(name: str) -> None:
    net = translator(name)
    for source, (output,) in enumerate(search(net, SOURCE, MASK, limit=LIMIT)):
        tokens: list[int] = []
        while len(tokens) < LIMIT and (not tokens or tokens[-1] != END):
            logits = net(SOURCE[source : source + 1], MASK[source : source + 1], torch.tensor([[1, *tokens]]))[0, -1]
            tokens.append(int(logits[2:].argmax()) + 2)
        assert output.tokens == tuple(tokens)


def test_an_output_carries_the_log_probability_of_every_token() -> None:
    net = translator("bahdanau")
    for source, outputs in enumerate(search(net, SOURCE, MASK, beams=3, limit=LIMIT)):
        assert len(outputs) == 3
        for output in outputs:
            assert output.log_probabilities == pytest.approx(chances(net, source, output.tokens), abs=1e-5)


def test_a_prefix_is_kept_and_gone_on_from() -> None:
    net = translator("luong")
    (outputs,) = search(net, SOURCE[:1], MASK[:1], beams=2, limit=LIMIT, prefix=(4, 3))
    for output in outputs:
        assert output.tokens[:2] == (4, 3)
        assert output.log_probabilities == pytest.approx(chances(net, 0, output.tokens), abs=1e-5)


def test_a_batch_gives_what_each_source_gives_alone() -> None:
    net = translator("transformer")
    together = search(net, SOURCE, MASK, beams=3, limit=LIMIT)
    alone = search(net, SOURCE[1:, :2], MASK[1:, :2], beams=3, limit=LIMIT)[0]
    assert [output.tokens for output in together[1]] == [output.tokens for output in alone]
