"""What is said and shown of a text."""

import numpy as np
import pytest

from attnviz import TextResult, load
from attnviz.errors import InputError
from attnviz.plot import Words
from attnviz.predict import predict_as
from attnviz.progress import heard, telling
from attnviz.state import Choice, Window
from attnviz.views import exhibits
from tests import tiny


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> TextResult:
    return predict_as(
        TextResult, load(tiny.write_text_model(tmp_path_factory.mktemp("models") / "tiny")), "a good unbelievable film"
    )


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> TextResult:
    model = load(tiny.write_long_model(tmp_path_factory.mktemp("models") / "long", 512))
    return predict_as(TextResult, model, "a good film " * 200)


def test_a_locked_word_tints_the_sentence_by_its_row_and_the_caption_speaks_of_it(result: TextResult) -> None:
    texts = {"layer": "1", "head": "2", "merge": "0", "lock": "2"}
    words, _, detail, _, looks, looked = exhibits(result, "heads", texts)
    weights = result.tape[result.tape.layers[1]].head(2)
    assert np.array_equal(words.figures[0].weights, weights[2])
    assert words.figures[0].locked == 2
    most, by = (result.encoded.tokens[int(line.argmax())] for line in (weights[2], weights[:, 2]))
    assert detail.caption.startswith(
        f"“good” looks most at “{most}”, with {weights[2].max():.3f}, and “{by}” looks most at it, with {weights[:, 2].max():.3f}."
    )
    assert sorted(looks.figures[0].data[0].x) == sorted(weights[2].tolist())
    assert sorted(looked.figures[0].data[0].x) == sorted(weights[:, 2].tolist())


def test_a_click_on_a_word_locks_its_first_token_and_on_a_picture_its_layer_and_head(result: TextResult) -> None:
    words, pictures, *_ = exhibits(result, "heads")
    assert (words.picks, words.figures[0].values) == (("lock",), ("0", "1", "2", "3", "6", "7"))
    assert pictures.picks == ("layer", "head")
    assert list(pictures.figures[0].data[1].customdata[5]) == [1, 1]


def test_the_pictures_of_a_long_text_are_of_a_sample_that_is_named_and_its_window_is_exact(long: TextResult) -> None:
    shown = {each.name: each for each in exhibits(long, "long", {"layer": "1", "head": "2", "window": "500:512,10:40"})}
    assert "Pictures and sharpness are from 96 of 512 rows, evenly spaced." in shown["heads"].caption
    assert shown["overview"].figures[0].data[0].z.shape == (256, 256)
    weights = long.tape[long.tape.layers[1]].window(2, slice(500, 512), slice(10, 40))
    assert np.array_equal(shown["map"].figures[0].data[0].z, weights)


def test_what_is_read_of_a_head_is_read_once_and_says_how_far_it_is(long: TextResult) -> None:
    told: list[tuple[str, float]] = []
    for _ in range(2):
        with heard(lambda what, share: told.append((what, share))):
            exhibits(long, "long", {"layer": "0", "head": "3"})
    assert [share for what, share in told if what.startswith("Reading all 512 rows of layer 0, head 3")][-1] == 1
    assert len([share for what, share in told if what.startswith("Reading all") and share == 1]) == 1


def test_nobody_has_to_listen() -> None:
    telling("nothing")(0.5)


def test_words_in_a_file_stay_text() -> None:
    page = Words(("<b>x</b>", "y"), np.array([0.5, 0.25], np.float32), (False, False)).as_html()
    assert "<bdi>&lt;b&gt;x&lt;/b&gt;</bdi>" in page
    assert "<b>" not in page


def test_tints_are_shares_of_the_largest_weight_and_odds_are_themselves() -> None:
    weights = np.array([0.5, 0.25, 0], np.float32)
    assert Words(("a", "b", "c"), weights, (False,) * 3).tints == [1, 0.5, 0]
    assert Words(("a", "b", "c"), weights, (False,) * 3, picked=(True, False, False)).tints == [0.5, 0.25, 0]


@pytest.mark.parametrize("text", ["", "1:2", "1:2,3:4,5:6", "2:1,0:1", "0:11,0:1", "-1:2,0:1", "a:b,0:1", "0:1:1,0:1", "3,4"])
def test_what_is_no_window_is_refused(text: str) -> None:
    whole = (range(10), range(10))
    with pytest.raises(InputError, match="is no window"):
        Choice("window", "Window", Window(10), whole).read(text)


def test_a_window_is_moved_and_grown_to_fit() -> None:
    allowed = Window(100)
    assert allowed.read(allowed.write((range(3, 9), range(0, 100)))) == (range(3, 9), range(100))
    assert allowed.fitted((98.7, 120), (5, 2), 16) == (range(84, 100), range(0, 16))
