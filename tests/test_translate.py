"""From a sentence to a translation with its maps."""

import sys

import numpy as np
import pytest
import torch

from attnviz.errors import InputError
from attnviz.nets.translator import START
from attnviz.progress import heard
from attnviz.search import LIMIT
from attnviz.translate import force, look, translate
from tests.translators import CONFIGS, with_words

SENTENCE = "Où est l'argent 漢 [END] ?"


@pytest.mark.parametrize("name", CONFIGS)
def test_every_token_written_has_a_row_and_a_probability(name: str) -> None:
    net = with_words(name)
    found = translate(net, SENTENCE, beams=3)
    m = found.tape[net.aligner.layer]
    assert m.labels["query"] == found.tokens
    assert m.labels["key"] == found.encoded.tokens
    ids = found.outputs[found.chosen].tokens
    source = found.encoded.tensors["input_ids"]
    odds = net(source, source > 0, torch.tensor([[START, *ids[:-1]]]))[0].softmax(-1)
    np.testing.assert_allclose(found.probabilities, odds[range(len(ids)), list(ids)], rtol=1e-4)
    assert np.log(found.probabilities) == pytest.approx(found.outputs[found.chosen].log_probabilities, abs=1e-3)


def test_a_beginning_is_kept_and_counted() -> None:
    found = translate(with_words("bahdanau"), SENTENCE, prefix="I don't have")
    assert found.text.startswith("I don't have")
    assert found.forced == 4
    assert found.tokens[: found.forced] == ("I", "don", "'t", "have")


def test_another_beam_can_be_looked_at() -> None:
    net = with_words("luong")
    first, second = (translate(net, SENTENCE, beams=2, choose=choice) for choice in (0, 1))
    assert first.outputs == second.outputs
    assert first.text == first.texts[0]
    assert second.text == first.texts[1]
    assert len(second.tape["attention"].labels["query"]) == len(second.outputs[1].tokens)


def test_another_beam_is_looked_at_without_a_search(monkeypatch: pytest.MonkeyPatch) -> None:
    net = with_words("transformer")
    first, second = (translate(net, SENTENCE, beams=2, choose=choice) for choice in (0, 1))
    monkeypatch.setattr(sys.modules["attnviz.translate"], "search", None)
    again = look(net, first, 1)
    assert (again.text, again.tokens, again.probabilities) == (second.text, second.tokens, second.probabilities)
    m, expected = (each.tape["decoder.1.cross"] for each in (again, second))
    np.testing.assert_array_equal(m.dense(), expected.dense())


def test_a_words_chance_is_the_product_over_its_tokens() -> None:
    found = translate(with_words("luong"), SENTENCE, prefix="I don't", beams=1)
    word = next(word for word in found.words if len(word.positions) == 2)
    one, two = (found.probabilities[i] for i in word.positions)
    assert found.chance(word) == pytest.approx(one * two)


def test_alternatives_are_the_most_probable_tokens_of_each_step() -> None:
    found = translate(with_words("transformer"), SENTENCE, beams=1)
    for probability, alternatives in zip(found.probabilities, found.alternatives, strict=True):
        assert probability <= alternatives[0].probability + 1e-6
        assert [each.probability for each in alternatives] == sorted((each.probability for each in alternatives), reverse=True)


def test_a_typed_special_token_is_text() -> None:
    found = translate(with_words("bahdanau"), SENTENCE)
    assert found.encoded.tokens.count("[END]") == 1


def test_a_beginning_beyond_the_limit_is_refused() -> None:
    with pytest.raises(InputError, match=str(LIMIT - 1)):
        translate(with_words("luong"), SENTENCE, prefix="money " * (LIMIT + 6))


def test_the_decoders_own_words_begin_with_start() -> None:
    found = translate(with_words("transformer"), SENTENCE, beams=1)
    assert found.tape["decoder.0.self"].labels["key"] == ("[START]", *found.tokens[:-1])


@pytest.mark.parametrize("name", CONFIGS)
def test_a_given_translation_is_told_what_it_would_have_been(name: str) -> None:
    net = with_words(name)
    ours = translate(net, SENTENCE, prefix="I don't", beams=1)
    given = force(net, SENTENCE, "I don't have any money.")
    assert given.text == "I don't have any money."
    assert given.words[-1].special
    assert given.encoded.tokens == ours.encoded.tokens
    m = given.tape[net.aligner.layer]
    assert m.shape[-2:] == (len(given.tokens), len(given.encoded.tokens))


@pytest.mark.parametrize("name", CONFIGS)
def test_each_given_token_gets_the_probability_that_it_has_after_those_before(name: str) -> None:
    net = with_words(name)
    given = force(net, SENTENCE, "I don't have")
    source = given.encoded.tensors["input_ids"]
    state = net.start(source, source > 0)
    newest = START
    for token, probability in zip(given.outputs[0].tokens, given.probabilities, strict=True):
        logits, state = net.advance(state, torch.tensor([newest]))
        assert probability == pytest.approx(float(logits[0].softmax(-1)[token]), abs=1e-5)
        newest = token


def test_a_search_says_how_far_it_is_and_what_hears_it_may_end_it() -> None:
    told: list[float] = []
    with heard(lambda _, share: told.append(share)):
        found = translate(with_words("luong"), SENTENCE, beams=1)
    assert told == [step / LIMIT for step in range(len(found.tokens))]

    def stop(_: str, share: float) -> None:
        if share > 0:
            raise KeyboardInterrupt

    with heard(stop), pytest.raises(KeyboardInterrupt):
        translate(with_words("luong"), SENTENCE, beams=1)
