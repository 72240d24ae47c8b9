"""From a prediction to maps and figures."""

from pathlib import Path

import numpy as np
import pytest

from attnviz import Prediction, load, predict
from attnviz.draw import choose, figure_of, layer_name
from attnviz.errors import MapError, UnknownLayer


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


def test_of_a_photo_every_spatial_gate_is_laid_over_it(photo: Prediction) -> None:
    figure, caption = figure_of(photo, choose(photo))
    names = [name for name in photo.tape.layers if name.endswith("spatial")]
    assert len(figure.layout.images) == 3  # the photo itself and two gates
    for trace, name in zip(figure.data, names, strict=True):
        assert np.array_equal(trace.z, photo.tape[name].dense())
    assert caption.startswith("Layer 1 of tiny-photo (spatial attention, cbam-spatial, ")
    assert "Layer 3 of tiny-photo (spatial attention, cbam-spatial, " in caption


def test_gates_of_channels_become_bars(photo: Prediction) -> None:
    figure, caption = figure_of(photo, choose(photo, "0"))
    assert sorted(figure.data[0].y) == sorted(photo.tape["stages.0.block.cbam.channel"].dense())
    assert "channel attention" in caption


def test_a_picture_of_one_head_of_every_layer_is_refused(text: Prediction) -> None:
    with pytest.raises(UnknownLayer, match="Give --layer with --head"):
        figure_of(text, choose(text, head=1))
