"""A text asked again, without words and without heads."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from attnviz import TextResult, load
from attnviz.asked import asked
from attnviz.encode.hidden import without_words
from attnviz.errors import InputError
from attnviz.faithful import hiding
from attnviz.predict import predict_as
from attnviz.state import Places
from attnviz.views import exhibits
from tests import tiny

TEXT = "a good unbelievable film un a bad"


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> TextResult:
    return predict_as(TextResult, load(tiny.write_text_model(tmp_path_factory.mktemp("models") / "tiny")), TEXT)


def test_a_text_without_words_is_read_as_if_they_had_never_been_typed(result: TextResult) -> None:
    """Words 1 and 3 are “a” and “unbelievable”; 0 is [CLS]."""
    assert result.net is not None
    found = asked(result, hidden=(1, 3))
    typed = predict_as(TextResult, result.net, "good film un a bad")
    assert found.encoded.tokens == typed.encoded.tokens
    assert [word.positions for word in found.encoded.words] == [word.positions for word in typed.encoded.words]
    assert found.probabilities == pytest.approx(typed.probabilities, abs=1e-6)
    assert [np.allclose(m.dense(), typed.tape[m.layer].dense(), atol=1e-6) for m in found.tape] == [True, True]
    assert found.slopes is result.slopes  # the heads that matter stay those of the whole text
    assert found.effects is result.effects


def test_a_hidden_word_moves_the_decision_by_what_occlusion_says(result: TextResult) -> None:
    assert result.net is not None
    hidden = hiding(result.net, result)
    kept = np.ones((1, len(hidden.names)), dtype=np.bool_)
    kept[0, 1] = False  # “good”, word 2 with [CLS] before it
    label = str(result.decision)
    assert asked(result, hidden=(2,)).probabilities[label] == pytest.approx(float(hidden.say(kept)[0]), abs=1e-6)


def test_with_a_head_off_the_decision_falls_by_what_its_effect_says(result: TextResult) -> None:
    assert result.effects is not None
    label = str(result.decision)
    for head, fall in list(result.effects.moved.items())[:2]:
        found = asked(result, off=(head,))
        assert result.probabilities[label] - found.probabilities[label] == pytest.approx(fall, abs=1e-6)
        assert (found.off, found.net) == ((head,), None)


def test_what_is_not_there_cannot_be_taken_away(result: TextResult) -> None:
    with pytest.raises(InputError, match="There are no words 0 to hide"):
        asked(result, hidden=(0,))
    with pytest.raises(InputError, match="There are no such heads"):
        asked(result, off=((2, 0),))
    with pytest.raises(InputError, match="Nothing is left to read"):
        asked(result, hidden=range(1, len(result.encoded.words) - 1))
    assert asked(result) is result


def test_words_that_are_picked_keep_their_numbers_in_order(tmp_path: Path) -> None:
    net = load(tiny.write_sentence_model(tmp_path / "hard", "hard"))
    encoded = without_words(net.encode("a good film"), (1,))
    assert encoded.tensors["word_ids"].tolist() == [[0, 1]]
    assert [word.text for word in encoded.words] == ["a", "film"]


def test_a_click_on_a_word_takes_it_away_or_gives_the_choice_for_it(result: TextResult) -> None:
    """With words 1 and 3 hidden the words shown are 0, 2, 4 and on; a click on a special token takes nothing."""
    found = asked(result, hidden=(1, 3), off=((1, 2),))
    words, heads, *_ = exhibits(found, "heads", {"click": "take", "hidden": "1,3", "off": "1.2"})
    assert words.picks == ("hidden",)
    assert words.figures[0].values == ("1,3", "1,2,3", "1,3,4", "1,3,5", "1,3,6", "1,3,7", "1,3")
    assert heads.picks == ("off",)
    clicked = [values[0] for values in heads.figures[0].data[1].customdata]
    assert clicked[0] == "0.0,1.2"
    assert clicked[6] == ""  # layer 1, head 2 again


def test_a_result_is_not_shown_as_one_without_other_words(result: TextResult) -> None:
    with pytest.raises(InputError, match="What is taken away is chosen before the model reads"):
        exhibits(result, "heads", {"hidden": "1"})


def test_words_that_speak_against_the_decision_are_those_without_which_it_is_surer(result: TextResult) -> None:
    assert result.net is not None
    words, *_ = exhibits(result, "heads", {"sign": "1"})
    label = str(result.decision)
    expected = [
        not word.special and asked(result, hidden=(i,)).probabilities[label] > result.probabilities[label]
        for i, word in enumerate(result.encoded.words)
    ]
    assert list(words.figures[0].against) == expected
    assert any(expected)
    assert "orange ones against it" in words.legend
    assert words.figures[0].as_html().count("rgba(194, 65, 12") == sum(expected)
    bare, *_ = exhibits(replace(result, net=None), "heads", {"sign": "1"})  # nobody can be asked
    assert bare.figures[0].against is None


def test_the_map_opens_on_the_head_that_the_decision_rests_on_most_and_says_so(result: TextResult) -> None:
    assert result.slopes is not None
    (layer, head), fall = next(iter(result.slopes.items()))
    _, heads, detail, ranked, *_ = exhibits(result, "heads")
    assert detail.title.startswith(f"Layer {layer}, head {head}:")
    said = f"without it its log-odds would fall by {fall:.2f}, to first order."
    assert f"Opens on layer {layer}, head {head}, on which “{result.decision}” rests most: {said}" in heads.caption
    assert list(ranked.figures[0].data[0].x) == list(result.slopes.values())
    assert ranked.figures[0].data[0].customdata[0] == [layer, head]
    for by in ("effect", "sharp", "previous", "same", "special", "distance", "spread"):
        values = list(exhibits(result, "heads", {"rank": by})[3].figures[0].data[0].x)
        assert values == sorted(values, reverse=True)


def test_places_come_and_go() -> None:
    allowed = Places(axes=2)
    assert allowed.toggled((), (3, 9)) == ((3, 9),)
    assert allowed.toggled(((3, 9), (1, 0)), (3, 9)) == ((1, 0),)


def test_heads_are_switched_off_one_by_one_only_where_that_is_asked_for(result: TextResult) -> None:
    assert result.net is not None
    fresh = predict_as(TextResult, result.net, TEXT, sloped=True)
    passes: list[int] = []
    with result.net.register_forward_hook(lambda *_: passes.append(1)):
        exhibits(fresh, "heads")
        assert passes == []  # the slopes came with the decision
        ranked = exhibits(fresh, "heads", {"rank": "effect"})[3]
    assert passes == [1, 1]  # as it is, and all heads at once, each off in a copy of its own
    assert fresh.effects is not None
    assert list(ranked.figures[0].data[0].x) == list(fresh.effects.moved.values())
    assert "All 8 heads were switched off, one at a time." in ranked.caption
