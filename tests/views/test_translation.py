"""What is said and shown of a translation."""

from dataclasses import replace

import numpy as np
import pytest

from attnviz import Translation, translate
from attnviz.errors import InputError
from attnviz.nets.translator import Aligner
from attnviz.plot import Words
from attnviz.views import exhibits, views_of
from attnviz.views.heads import MEAN
from tests.translators import CONFIGS, with_words

SENTENCE = "Où est l'argent ?"


def made(name: str) -> Translation:
    return translate(with_words(name), SENTENCE, prefix="I don't", beams=2)


@pytest.mark.parametrize("name", CONFIGS)
def test_maps_are_found_by_their_roles_and_rows_that_wrote_are_named_by_what_they_wrote(name: str) -> None:
    found = made(name)
    heads = name == "transformer"
    assert [view.name for view in views_of(found)] == ["alignment", *["cross-heads", "writing", "reading"][: 3 * heads]]
    assert {m.labels["query"] for m in found.tape.of("alignment")} == {found.tokens}
    assert {m.labels["key"] for m in found.tape.of("alignment")} == {found.encoded.tokens}
    for role, names in (("writing", ("[START]", *found.tokens[:-1])), ("reading", found.encoded.tokens)):
        assert all(m.labels["query"] == m.labels["key"] == names for m in found.tape.of(role))
        assert bool(found.tape.of(role)) == heads


@pytest.mark.parametrize("name", CONFIGS)
def test_a_step_is_a_token_its_source_is_tinted_by_its_own_row_and_its_word_is_framed(name: str) -> None:
    found = made(name)
    output, source, matrix, alternatives = exhibits(found, "alignment", {"step": "3", "merge": "1"})
    m = found.tape[found.aligner]
    row = (m if found.aligner_head is None else m.at_head(found.aligner_head)).dense()[2]
    sums = [row[list(word.positions)].sum() for word in found.encoded.words]
    assert isinstance(source.figures[0], Words)
    np.testing.assert_allclose(source.figures[0].weights, sums, atol=1e-6)
    word = next(i for i, each in enumerate(found.words) if 2 in each.positions)
    assert output.figures[0].locked == word
    assert found.words[word].text.startswith("don't")
    frame = matrix.figures[0].layout.shapes[0]
    assert (frame.y0, frame.y1) == (word - 0.5, word + 0.5)
    assert list(alternatives.figures[0].data[0].x) == [each.probability for each in found.alternatives[2]]


def test_a_click_on_a_word_goes_to_the_step_of_its_first_token() -> None:
    output, *_ = exhibits(made("luong"), "alignment")
    assert output.picks == ("step",)
    assert output.figures[0].values[:3] == ("1", "2", "4")


def test_the_first_layer_shown_is_the_one_that_aligns_and_a_head_is_its_own_map() -> None:
    found = made("transformer")
    layers = found.tape.layers_of("alignment")
    *_, matrix, _ = exhibits(found, "alignment", {"merge": "0"})
    best = found.tape[found.aligner]
    expected = best.mean_of_heads().dense() if found.aligner_head is None else best.head(found.aligner_head)
    np.testing.assert_allclose(matrix.maps[0].dense(), expected, atol=1e-6)
    _, detail = exhibits(found, "cross-heads", {"layer": "0", "head": "1", "merge": "0"})
    np.testing.assert_allclose(detail.maps[0].dense(), found.tape[layers[0]].head(1), atol=1e-6)


def test_a_guided_map_is_said_to_be_taught_and_its_neighbours_are_not() -> None:
    found = made("transformer")
    said = "it is guided, not found"
    assert said not in exhibits(found, "alignment")[2].legend
    net = with_words("transformer")
    net.card, net.aligner = replace(net.card, text={**net.card.text, "guided": True}), Aligner("decoder.1.cross_attention", head=1)
    guided = translate(net, SENTENCE, beams=1)
    assert said in exhibits(guided, "alignment")[2].legend
    for other in ({"head": "0"}, {"layer": "0"}, {"head": MEAN}):
        assert said not in exhibits(guided, "alignment", other)[2].legend
    one = with_words("luong")
    one.card = replace(one.card, text={**one.card.text, "guided": True})
    assert said in exhibits(translate(one, SENTENCE, beams=1), "alignment")[2].legend


def test_of_several_sentences_one_is_translated_and_said_to_be_one_of_them() -> None:
    net = with_words("bahdanau")
    second = translate(net, f"{SENTENCE} Il fait beau.", sentence=2)
    assert second.encoded.text == "Il fait beau."
    assert second.text == translate(net, "Il fait beau.").text
    assert second.remarks[0] == "This is sentence 2 of 2; each is translated by itself."
    assert translate(net, SENTENCE).remarks == ()
    with pytest.raises(InputError, match="no sentence 3"):
        translate(net, f"{SENTENCE} Il fait beau.", sentence=3)
