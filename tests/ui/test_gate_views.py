"""The spatial and the channel view, without a browser."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from attnviz import cards, intervene, load, predict
from attnviz.ui import cache, widgets
from attnviz.ui.pages.image import credits, sample
from attnviz.ui.photo import channel, switches
from tests.tiny import write_photo_model
from tests.ui.test_pages import open_page

LAYERS = {"cbam": "stages.{}.block.cbam.channel", "se": "stages.{}.block.se"}


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Two blocks of 8 and 16 channels, one model with CBAM and one with squeeze-and-excitation."""
    for name in LAYERS:
        write_photo_model(tmp_path / name, name, title=name)
    monkeypatch.setattr(widgets, "all_cards", lambda: cards.all_cards(tmp_path))
    monkeypatch.setattr(cache, "load", lambda name: load(tmp_path / name))
    cache.model.clear()
    yield tmp_path
    cache.model.clear()


def photo() -> bytes:
    return sample(next(iter(credits())))


def opened(name: str, view: str | None = None) -> AppTest:
    page = open_page("image")
    page.sidebar.selectbox(key="image-model").set_value(name).run()
    if view:
        page.segmented_control(key="image-view").set_value(view).run()
    assert not page.exception
    return page


def said(page: AppTest) -> str:
    return " ".join(element.value for element in [*page.markdown, *page.caption])


def passes(page: AppTest) -> int:
    """How often the model ran again."""
    return (
        len([key for key in page.session_state["results"] if "switched" in key or "alike" in key])
        if "results" in page.session_state
        else 0
    )


def test_a_model_with_one_kind_of_gates_has_their_view_and_that_beside_other_models(models: Path) -> None:
    page = opened("se")
    assert page.segmented_control(key="image-view").options == ["Channel", "Side by side"]
    assert page.segmented_control(key="channel-block").options == ["Block 0", "Block 1"]


@pytest.mark.parametrize("name", LAYERS)
def test_a_channel_switched_off_gives_the_probabilities_that_the_library_gives(models: Path, name: str) -> None:
    page = opened(name, "Channel" if name == "cbam" else None)
    layer = LAYERS[name].format(1)
    page.segmented_control(key="channel-block").set_value("Block 1").run()
    page.selectbox(key=switches.ONE).set_value(5).run()
    assert "Nothing is switched" in said(page)
    page.segmented_control(key=switches.HOW).set_value(switches.OFF).run()
    assert not page.exception
    net = load(models / name)
    plain = predict(net, photo())
    with intervene(net, {layer: {5: 0.0}}):
        expected = predict(net, photo())
    label = plain.decision
    assert f"goes from {plain.probabilities[label]:.3f} to {expected.probabilities[label]:.3f}" in said(page)
    assert "Block 1: off 5." in said(page)
    page.segmented_control(key=switches.HOW).set_value(switches.AS_IT_IS).run()
    assert "Nothing is switched" in said(page)


def test_switches_of_several_blocks_add_up_and_reset_clears_them(models: Path) -> None:
    page = opened("cbam", "Channel")
    page.button(key="channel-strongest").click().run()
    page.segmented_control(key="channel-block").set_value("Block 1").run()
    page.button(key="channel-weakest").click().run()
    tape = predict(load(models / "cbam"), photo()).tape
    kept = page.session_state[switches.KEPT]["cbam"]
    assert {layer: sorted(gates) for layer, gates in kept.items()} == {
        LAYERS["cbam"].format(0): [int(tape[LAYERS["cbam"].format(0)].dense().argmax())],
        LAYERS["cbam"].format(1): sorted(np.argsort(tape[LAYERS["cbam"].format(1)].dense())[:2].tolist()),
    }
    assert "With 3 channels switched" in said(page)
    page.button(key="channel-reset").click().run()
    assert "Nothing is switched" in said(page)


def test_a_switched_file_holds_the_changed_gates_and_says_so(models: Path) -> None:
    page = opened("cbam", "Channel")
    page.button(key="channel-strongest").click().run()
    assert "1 of 8 numbers were set by hand" in said(page)
    assert "from 0.000 (channel" in said(page)


def test_the_model_runs_again_only_for_another_choice_of_switches(models: Path) -> None:
    page = opened("cbam", "Channel")
    before = passes(page)
    page.segmented_control(key="channel-block").set_value("Block 1").run()
    page.selectbox(key=switches.ONE).set_value(3).run()
    assert passes(page) == before
    page.segmented_control(key=switches.HOW).set_value(switches.ON).run()
    assert passes(page) == before + 1
    page.segmented_control(key=switches.HOW).set_value(switches.AS_IT_IS).run()
    page.segmented_control(key=switches.HOW).set_value(switches.ON).run()
    assert passes(page) == before + 1


def test_gates_of_other_libraries_are_shown_without_switches(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "changeable", lambda _: ())
    page = opened("se")
    assert "can be seen, but not switched" in said(page)
    assert switches.HOW not in [control.key for control in page.segmented_control]
    assert passes(page) == 0


def test_the_spatial_view_says_how_it_is_drawn_and_what_is_made(models: Path) -> None:
    page = opened("cbam")
    assert "Drawn at its true resolution: each of 16 x 16 cells is one number" in said(page)
    page.segmented_control(key="image-drawn").set_value("Smoothed").run()
    assert "Smoothed: bilinear between the middles of 16 x 16 gates" in said(page)
    page.segmented_control(key="image-block").set_value("Combined").run()
    assert not page.exception
    assert "Made, not emitted: the mean of the gates of 2 layers (16 x 16, 8 x 8)" in said(page)
    assert passes(page) == 0


def test_gates_set_to_their_mean_tell_whether_places_mattered(models: Path) -> None:
    page = opened("cbam")
    page.segmented_control(key="image-block").set_value("Block 1").run()
    page.toggle(key="image-alike").set_value(True).run()
    net = load(models / "cbam")
    plain, layer = predict(net, photo()), "stages.1.block.cbam.spatial"
    with intervene(net, {layer: lambda gates: gates * 0 + gates.mean()}):
        expected = predict(net, photo())
    label = plain.decision
    assert f"goes from {plain.probabilities[label]:.3f} to {expected.probabilities[label]:.3f}" in said(page)
