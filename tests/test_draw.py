"""From a prediction to maps and figures."""

from pathlib import Path

import numpy as np
import pytest

from attnviz import Prediction, load, predict
from attnviz.draw import choose, figure_of, layer_name, part, picture, span
from attnviz.errors import InputError, MapError, UnknownLayer
from tests import tiny


@pytest.fixture(scope="module")
def text(text_model: Path) -> Prediction:
    return predict(load(text_model), "a good film")


@pytest.fixture(scope="module")
def photo(photo_model: Path) -> Prediction:
    return predict(load(photo_model), np.zeros((40, 40, 3), np.uint8))


def test_without_a_choice_all_maps_are_chosen(text: Prediction) -> None:
    assert [m.layer for m in choose(text)] == list(text.tape.layers)
    assert [m.axes for m in choose(text, head=1)] == [("query", "key")] * 2


def test_a_layer_is_chosen_by_number_name_or_beginning(text: Prediction) -> None:
    name = "bert.encoder.layer.1.attention.self"
    assert {choose(text, layer)[0].layer for layer in ("1", name, "bert.encoder.layer.1")} == {name}
    assert layer_name(text, "0") == "bert.encoder.layer.0.attention.self"


@pytest.mark.parametrize(
    ("layer", "words"), [("2", "Layers are 0 to 1"), ("-1", "no layer is called"), ("decoder", "recorded were")]
)
def test_a_layer_out_of_range_is_refused(text: Prediction, layer: str, words: str) -> None:
    with pytest.raises(UnknownLayer) as refusal:
        choose(text, layer)
    assert words.lower() in str(refusal.value).lower()


def test_a_head_of_a_gate_is_refused(photo: Prediction) -> None:
    with pytest.raises(UnknownLayer, match=r"The layer stages\.0\.block\.cbam\.channel has no heads"):
        choose(photo, "0", 0)
    with pytest.raises(UnknownLayer, match="has no heads"):
        choose(photo, head=0)


def test_a_head_out_of_range_is_refused(text: Prediction) -> None:
    with pytest.raises(MapError, match=r"no head 4\. Heads are 0 to 3"):
        choose(text, "0", 4)


def test_maps_with_heads_become_thumbnails(text: Prediction) -> None:
    figure, caption = figure_of(text, choose(text))
    assert [list(place) for place in figure.data[1].customdata] == [[layer, head] for layer in (0, 1) for head in range(4)]
    assert caption.startswith("tiny-text: one picture for each head of bert.encoder.layer.0.attention.self, ")


def test_one_head_becomes_a_heatmap_with_its_words(text: Prediction) -> None:
    (m,) = choose(text, "1", 3)
    figure, caption = figure_of(text, [m])
    assert np.array_equal(figure.data[0].z, m.dense())
    assert list(figure.data[0].x) == ["[CLS]", "a", "good", "film", "[SEP]"]
    assert caption.startswith("Layer 1, head 3 of tiny-text (self-attention, multi-head, ")


def test_gates_of_channels_become_bars(photo: Prediction) -> None:
    figure, caption = figure_of(photo, choose(photo, "0"))
    assert sorted(figure.data[0].y) == sorted(photo.tape["stages.0.block.cbam.channel"].dense())
    assert "channel attention" in caption


def test_a_picture_of_one_head_of_every_layer_is_refused(text: Prediction) -> None:
    with pytest.raises(UnknownLayer, match="Give --layer with --head"):
        figure_of(text, choose(text, head=1))


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Prediction:
    folder = tiny.write_long_model(tmp_path_factory.mktemp("models") / "long", 512)
    return predict(load(folder), "a good film " * 200)


@pytest.mark.parametrize(
    ("written", "positions"),
    [("3:7", range(3, 7)), (":4", range(4)), ("5:", range(5, 9)), (None, range(9)), (" 1 : 2 ", range(1, 2))],
)
def test_a_span_is_read_as_first_and_behind_the_last(written: str | None, positions: range) -> None:
    assert span(written, 9) == positions


@pytest.mark.parametrize("written", ["3", "a:b", "-3:4", "4:4", "0:10", "7:2", "1:2:3", "", "1.5:2"])
def test_what_is_no_span_of_the_text_is_refused(written: str) -> None:
    if written == "":
        assert span(written, 9) == range(9)
        return
    with pytest.raises(InputError):
        span(written, 9)


def test_a_part_of_a_head_of_a_long_text_is_exact(long: Prediction) -> None:
    m = long.tape[long.tape.layers[1]]
    figure, caption, count = picture(long, "1", 2, "500:", "10:40")
    assert np.array_equal(figure.data[0].z, m.window(2, slice(500, 512), slice(10, 40)))
    assert "Queries 500 to 511 of 512 and keys 10 to 39 of 512, exact." in caption
    assert count == 1
    assert np.array_equal(part(long, "1", 2, "500:", None).dense(), m.head(2)[500:])


def test_all_heads_of_a_long_text_are_pictures_of_a_sample_that_is_named(long: Prediction) -> None:
    _, caption, count = picture(long, None, None, None, None)
    assert "Pictures are from 96 of 512 rows, evenly spaced." in caption
    assert count == 2


@pytest.mark.parametrize(("layer", "head"), [(None, None), ("1", None), (None, 1)])
def test_rows_without_a_head_are_refused(long: Prediction, layer: str | None, head: int | None) -> None:
    with pytest.raises(UnknownLayer, match="Give --layer and --head"):
        picture(long, layer, head, "0:5", None)


def test_rows_of_a_gate_are_refused(photo: Prediction) -> None:
    with pytest.raises(UnknownLayer, match="has no heads"):
        part(photo, "0", 0, "0:5", None)
