"""The self-attention view, without a browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from attnviz import cards, load
from attnviz.encode import Patches, Point
from attnviz.ui import cache, widgets
from attnviz.ui.photo.looks import ALL, HERE, OWN, POINT, WHO, WHO_PLAIN
from attnviz.ui.photo.patches import HEAD, LAYER, MEAN, ROLLOUT
from tests.foreign.making import saved
from tests.tiny import write_photo_model
from tests.ui.test_pages import open_page


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A residual network with non-local blocks of 16 x 16 and 8 x 8 positions, and a ViT of 4 x 4 patches behind CLS."""
    write_photo_model(tmp_path / "nonlocal", "non_local", title="nonlocal")
    saved(tmp_path / "vit", "ViT", title="vit")
    monkeypatch.setattr(widgets, "all_cards", lambda: cards.all_cards(tmp_path))
    monkeypatch.setattr(cache, "load", lambda name: load(tmp_path / name))
    cache.model.clear()
    yield tmp_path
    cache.model.clear()


def captions(page: AppTest) -> str:
    return " ".join(element.value for element in page.caption)


def subheaders(page: AppTest) -> list[str]:
    return [element.value for element in page.subheader]


def opened(name: str) -> AppTest:
    page = open_page("image")
    page.sidebar.selectbox(key="image-model").set_value(name).run()
    assert not page.exception
    return page


def at(page: AppTest, point: Point) -> AppTest:
    """As after a click on the photo."""
    page.session_state[POINT] = point
    page.session_state[WHO] = page.session_state[WHO_PLAIN] = HERE
    return page.run()


def lists(page: AppTest) -> list[str]:
    return [element.value for element in page.markdown if "look" in element.value]


def test_a_point_stays_where_it_is_on_the_photo_while_layers_with_other_grids_are_looked_at(models: Path) -> None:
    page = at(opened("nonlocal"), Point(0.9, 0.3))
    assert subheaders(page)[-1] == "Layer 1: where the patch at row 7, column 2 looks"
    page.selectbox(key=LAYER).set_value(0).run()
    assert subheaders(page)[-1] == "Layer 0: where the patch at row 14, column 4 looks"
    page.selectbox(key=LAYER).set_value(1).run()
    assert subheaders(page)[-1] == "Layer 1: where the patch at row 7, column 2 looks"
    assert page.session_state[POINT] == (0.9, 0.3)


def test_a_layer_without_cls_begins_with_the_middle_of_the_photo_and_all_its_weights_are_shown(models: Path) -> None:
    page = opened("nonlocal")
    assert page.selectbox(key=WHO_PLAIN).options == [HERE, ALL]
    assert page.selectbox(key=LAYER).options == ["0 (16 x 16)", "1 (8 x 8)"]
    assert subheaders(page)[-1] == "Layer 1: where the patch at row 4, column 4 looks"
    assert "all numbers together sum to 1.000" in captions(page)
    assert lists(page) == ["**The patch at row 4, column 4 looks at**", "**The patch at row 4, column 4 is looked at by**"]


def test_cls_looks_first_where_there_is_one_and_a_click_lets_the_patch_look(models: Path) -> None:
    page = opened("vit")
    assert subheaders(page)[-1] == "Layer 1, head 0: where CLS looks"
    assert "Click the photo" in captions(page)
    at(page, Point(0.1, 0.9))
    assert subheaders(page)[-1] == "Layer 1, head 0: where the patch at row 0, column 3 looks"
    assert "Click the photo" not in captions(page)
    assert page.selectbox(key=WHO).value == HERE
    page.selectbox(key=WHO).set_value(ALL).run()
    assert lists(page) == ["**All positions on average look at**"]


def test_the_scale_goes_from_0_or_by_choice_from_the_smallest_number(models: Path) -> None:
    page = opened("nonlocal")
    ends = re.findall(r"Colours run from ([0-9.]+) to ([0-9.]+)", captions(page))
    assert ends[0][0] == "0.000"
    page.radio(key="patch-scale").set_value(OWN).run()
    ((bottom, top),) = re.findall(r"Colours run from ([0-9.]+) to ([0-9.]+)", captions(page))
    assert 0 < float(bottom) < float(top) == float(ends[0][1])


def test_the_mean_of_heads_is_said(models: Path) -> None:
    page = opened("vit")
    page.selectbox(key=HEAD).set_value(MEAN).run()
    assert subheaders(page)[-1] == "Layer 1, mean of heads: where CLS looks"
    assert "Mean of all heads." in captions(page)


def test_rollout_follows_a_position_through_all_layers_and_says_that_it_is_an_estimate(models: Path) -> None:
    page = opened("vit")
    page.selectbox(key=LAYER).set_value(ROLLOUT).run()
    assert subheaders(page)[-1] == "All layers, by rollout: where CLS looks"
    assert "Rollout: an estimate made from all 2 layers" in captions(page)
    at(page, Point(0.1, 0.9))
    assert subheaders(page)[-1] == "All layers, by rollout: where the patch at row 0, column 3 looks"
    assert not page.exception
    page.selectbox(key=LAYER).set_value(0).run()
    assert page.selectbox(key=HEAD).value == 0


def test_where_grids_differ_from_layer_to_layer_no_rollout_is_offered(models: Path) -> None:
    page = opened("nonlocal")
    assert ROLLOUT not in page.selectbox(key=LAYER).options


def test_the_point_is_also_set_by_row_and_column(models: Path) -> None:
    page = opened("nonlocal")
    (row,) = [box for box in page.number_input if box.label == "The point's row"]
    row.set_value(6).run()
    assert page.session_state[POINT] == Patches(8, 8).middle(6, 4)
    assert subheaders(page)[-1] == "Layer 1: where the patch at row 6, column 4 looks"
    assert [box.value for box in page.number_input] == [6, 4]


def test_one_visit_may_go_from_cls_to_a_model_without_one_and_back(models: Path) -> None:
    page = opened("vit")
    for name, who in (("nonlocal", WHO_PLAIN), ("vit", WHO)):
        page.sidebar.selectbox(key="image-model").set_value(name).run()
        assert not page.exception
        assert page.selectbox(key=who).value == (HERE if name == "nonlocal" else "CLS")
