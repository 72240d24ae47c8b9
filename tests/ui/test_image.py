"""The Image page, without a browser: what it does beside its views."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from attnviz import cards, intervene, load, predict
from attnviz.ui import cache, widgets
from attnviz.ui.photo import switches
from attnviz.ui.photo.given import TAKEN, credits, sample
from tests.foreign.making import saved
from tests.tiny import write_glimpse_model, write_photo_model
from tests.ui.test_pages import open_page
from tests.ui.test_pages import said as refused

LAYERS = {"cbam": "stages.{}.block.cbam.channel", "se": "stages.{}.block.se"}
PHOTO = sample(next(iter(credits())))


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Two blocks of 8 and 16 channels with gates of two kinds, self-attention with CLS and without, and hard attention."""
    for name in (*LAYERS, "non_local"):
        write_photo_model(tmp_path / name, name, title=name)
    write_glimpse_model(tmp_path / "hard", title="hard")
    saved(tmp_path / "vit", "ViT", title="vit")
    monkeypatch.setattr(widgets, "all_cards", lambda: cards.all_cards(tmp_path))
    monkeypatch.setattr(cache, "load", lambda name: load(tmp_path / name))
    cache.model.clear()
    yield tmp_path
    cache.model.clear()


def opened(**address: str) -> AppTest:
    page = open_page("image", **address)
    assert not page.exception
    return page


def said(page: AppTest) -> str:
    return " ".join(element.value for element in [*page.markdown, *page.caption])


def titles(page: AppTest) -> list[str]:
    return [element.value for element in page.subheader]


def uploaded(page: AppTest, content: bytes) -> None:
    page.file_uploader(key=f"image-file-{page.session_state[TAKEN]}").set_value(("photo.jpg", content, "image/jpeg")).run()


def passes(page: AppTest) -> int:
    """How often the model ran again."""
    return len([key for key in page.session_state["results"] if "switched" in key or "alike" in key])


def test_the_address_holds_what_is_chosen_and_brings_it_back(models: Path) -> None:
    page = opened(model="vit")
    page.selectbox(key="image-layer").set_value(0).run()
    page.selectbox(key="image-who").set_value("point").run()
    address = dict(page.query_params)
    assert address == {"model": "vit", "layer": "0", "who": "point"}
    assert titles(opened(**address)) == titles(page)
    page.sidebar.selectbox(key="image-model").set_value("non_local").run()
    page.sidebar.selectbox(key="image-model").set_value("vit").run()
    assert dict(page.query_params) == address


def test_what_an_address_asks_for_and_is_not_there_is_said_and_the_rest_is_shown(models: Path) -> None:
    page = opened(model="vit", layer="7", head="1")
    assert "“7” is no layer" in refused(page)
    assert "All layers, by rollout: where CLS looks" in titles(page)


def test_a_model_with_one_kind_of_gates_has_their_view_and_that_beside_other_models(models: Path) -> None:
    page = opened(model="se")
    assert page.segmented_control(key="image-view").options == ["Channels", "All kinds"]
    assert page.segmented_control(key="image-block").options == ["Block 0", "Block 1"]


@pytest.mark.parametrize("name", LAYERS)
def test_a_channel_switched_off_gives_the_probabilities_that_the_library_gives(models: Path, name: str) -> None:
    page = opened(model=name, view="channel", block="1")
    page.selectbox(key="image-channel").set_value(5).run()
    assert "What does it change?" not in titles(page)
    page.segmented_control(key="image-how").set_value(switches.OFF).run()
    assert not page.exception
    assert page.query_params["off"] == "1.5"
    net = load(models / name)
    plain = predict(net, PHOTO)
    with intervene(net, {LAYERS[name].format(1): {5: 0.0}}):
        expected = predict(net, PHOTO)
    label = plain.decision
    assert f"With 1 channel switched, “{label}” goes from {plain.probabilities[label]:.3f} to" in said(page)
    assert f"to {expected.probabilities[label]:.3f}" in said(page)
    assert "Block 1: off 5." in said(page)
    assert "1 of 16 numbers were set by hand" in said(page)
    page.segmented_control(key="image-how").set_value(switches.AS_IT_IS).run()
    assert "What does it change?" not in titles(page)


def test_switches_of_several_blocks_add_up_and_reset_clears_them(models: Path) -> None:
    page = opened(model="cbam", view="channel")
    page.button(key="image-strongest").click().run()
    page.segmented_control(key="image-block").set_value(1).run()
    page.button(key="image-weakest").click().run()
    tape = predict(load(models / "cbam"), PHOTO).tape
    first, second = (tape[LAYERS["cbam"].format(block)].dense() for block in (0, 1))
    expected = [(0, int(first.argmax())), *((1, channel) for channel in sorted(np.argsort(second)[:2].tolist()))]
    assert page.query_params["off"] == ",".join(f"{block}.{channel}" for block, channel in expected)
    assert "With 3 channels switched" in said(page)
    page.button(key="image-reset").click().run()
    assert "What does it change?" not in titles(page)


def test_the_model_runs_again_only_for_another_choice_of_switches(models: Path) -> None:
    page = opened(model="cbam", view="channel")
    before = passes(page)
    page.segmented_control(key="image-block").set_value(1).run()
    page.selectbox(key="image-channel").set_value(3).run()
    assert passes(page) == before
    for how in (switches.ON, switches.AS_IT_IS, switches.ON):
        page.segmented_control(key="image-how").set_value(how).run()
    assert passes(page) == before + 1


def test_gates_of_other_libraries_are_shown_without_switches(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switches, "changeable", lambda _: ())
    page = opened(model="se")
    assert "can be seen, but not switched" in said(page)
    assert "image-how" not in [control.key for control in page.segmented_control]
    assert passes(page) == 0


def test_gates_set_to_their_mean_tell_whether_places_mattered(models: Path) -> None:
    page = opened(model="cbam", block="1")
    assert passes(page) == 0
    page.toggle(key="image-alike").set_value(True).run()
    net, layer = load(models / "cbam"), "stages.1.block.cbam.spatial"
    plain = predict(net, PHOTO)
    with intervene(net, {layer: lambda gates: gates * 0 + gates.mean()}):
        expected = predict(net, PHOTO)
    label = plain.decision
    assert f"“{label}” goes from {plain.probabilities[label]:.3f} to {expected.probabilities[label]:.3f}" in said(page)


def test_the_most_probable_patches_come_first_and_a_button_or_a_seed_draws_others(models: Path) -> None:
    page = opened(model="hard")
    assert "those with the largest odds" in said(page)
    for seed in (1, 2):
        page.button(key="image-resample").click().run()
        assert f"drawn with seed {seed}" in said(page)
    page.number_input(key="image-seed").set_value(77).run()
    assert "drawn with seed 77" in said(page)
    assert (page.query_params["picks"], page.query_params["seed"]) == ("drawn", "77")
    assert "shares of 100 draws (seeds 0 to 99) by what they decide" in said(page)
    page.segmented_control(key="image-picks").set_value("probable").run()
    assert "those with the largest odds" in said(page)
    assert not page.exception


def test_models_decide_beside_each_other_on_the_same_photo_and_each_runs_once(models: Path) -> None:
    page = opened(model="cbam", view="kinds", beside="non_local,se,vit")
    assert titles(page)[:4] == ["cbam", "non_local", "se", "vit"]
    for name in ("cbam", "non_local", "se", "vit"):
        result = predict(load(models / name), PHOTO)
        assert f"It says: “{result.decision}”, {result.ranked[0][1]:.3f}." in said(page)
    for sentence in (
        "What is bright passes the gates of places",
        "All positions on average look there, in the last layer.",
        "Channel attention has no place on the photo",
        "CLS looks there, through all layers.",
        "Rollout: an estimate made from all 2 layers",
    ):
        assert sentence in said(page)
    kept = set(page.session_state["results"])
    page.multiselect(key="image-beside").set_value(["vit", "se"]).run()
    assert set(page.session_state["results"]) == kept
    assert titles(page)[:3] == ["cbam", "vit", "se"]
    page.multiselect(key="image-beside").set_value([]).run()
    assert "Choose another model" in said(page)


def test_a_model_that_fails_is_a_sentence_and_the_other_stands(models: Path) -> None:
    (models / "se" / "weights.safetensors").write_bytes(b"")
    page = opened(model="cbam", view="kinds", beside="se,non_local")
    assert "se: Se cannot be loaded" in refused(page)
    assert titles(page)[:2] == ["cbam", "non_local"]


def test_an_own_photo_is_kept_until_a_sample_is_chosen_and_never_stands_in_the_address(models: Path) -> None:
    page = opened(model="cbam")
    uploaded(page, sample("coffee.jpg"))
    assert not page.exception
    assert "Your own photo." in said(page)
    assert dict(page.query_params) == {}
    own = predict(load(models / "cbam"), sample("coffee.jpg"))
    assert f"probability **{own.ranked[0][1]:.3f}**" in said(page)
    page.sidebar.selectbox(key="image-model").set_value("se").run()
    assert "Your own photo." in said(page)
    page.selectbox(key="image-sample").set_value("panda.webp").run()
    assert "Your own photo." not in said(page)
    assert page.query_params["sample"] == "panda.webp"


def test_a_file_that_is_no_photo_keeps_the_last_one_and_its_error_goes_with_the_next(models: Path) -> None:
    page = opened(model="cbam")
    decided = [element.value for element in page.markdown if "Decision:" in element.value]
    for content in (b"hello", PHOTO[:5000], b""):
        uploaded(page, content)
        assert len(page.error) == 1
        assert [element.value.split(", in")[0] for element in page.markdown if "Decision:" in element.value] == [
            each.split(", in")[0] for each in decided
        ]
    page.file_uploader(key=f"image-file-{page.session_state[TAKEN]}").set_value(
        ("cup.jpg", sample("coffee.jpg"), "image/jpeg")
    ).run()
    assert not page.error


def test_a_pinned_map_stands_beside_what_another_model_shows_until_it_is_let_go(models: Path) -> None:
    page = opened(model="cbam")
    page.button(key="image-pin").click().run()
    assert {"Pinned and now", "B - A"} <= set(titles(page))
    assert "Nothing changes" in said(page)
    page.selectbox(key="image-model").set_value("vit").run()
    assert not page.exception
    assert "A is in the unit gate and B in the unit weight" in said(page)
    page.button(key="image-unpin").click().run()
    assert "Pinned and now" not in titles(page)
