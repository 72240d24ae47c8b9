"""Side by side on the Image page, without a browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from attnviz import cards, load, predict
from attnviz.encode import Point
from attnviz.paths import ASSETS
from attnviz.ui import cache, widgets
from attnviz.ui.pages.image import VIEW
from attnviz.ui.photo.beside import OTHERS
from attnviz.ui.photo.looks import POINT
from tests.foreign.making import saved
from tests.tiny import write_photo_model
from tests.ui.test_pages import open_page, said

CAT = (ASSETS / "photos" / "chelsea.jpg").read_bytes()


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for attention in ("cbam", "non_local", "se"):
        write_photo_model(tmp_path / attention, attention, title=attention)
    saved(tmp_path / "vit", "ViT", title="vit")
    monkeypatch.setattr(widgets, "all_cards", lambda: cards.all_cards(tmp_path))
    monkeypatch.setattr(cache, "load", lambda name: load(tmp_path / name))
    cache.model.clear()
    yield tmp_path
    cache.model.clear()


def beside(*others: str) -> AppTest:
    page = open_page("image")
    page.session_state[VIEW] = "Side by side"
    if others:
        page.session_state[OTHERS] = list(others)
    page.run()
    assert not page.exception
    return page


def decisions(page: AppTest) -> list[str]:
    """In the order of the columns, behind that of the page itself."""
    return [element.value.split("**")[1] for element in page.markdown if element.value.startswith("Decision:")][1:]


def captions(page: AppTest) -> str:
    return " ".join(element.value for element in page.caption)


def test_two_models_decide_beside_each_other_on_the_same_photo(models: Path) -> None:
    page = beside()
    assert [each.value for each in page.subheader] == ["cbam", "non_local"]
    assert decisions(page) == [predict(load(models / name), CAT).decision for name in ("cbam", "non_local")]


def test_every_kind_says_what_its_numbers_mean_and_each_model_runs_once(models: Path) -> None:
    page = beside("non_local", "se", "vit")
    assert [each.value for each in page.subheader] == ["cbam", "non_local", "se", "vit"]
    for sentence in (
        "What is bright passes the spatial gates",
        "Where all positions on average look, in the last layer.",
        "Channel attention has no place on the photo",
        "Where CLS looks, through all layers.",
        "Rollout: an estimate made from all 2 layers",
        "each number is a gate between 0 and 1 of its own",
    ):
        assert sentence in captions(page)
    kept = set(page.session_state["results"])
    page.session_state[OTHERS] = ["vit", "se"]
    page.run()
    assert set(page.session_state["results"]) == kept
    assert [each.value for each in page.subheader] == ["cbam", "vit", "se"]


def test_a_point_that_was_clicked_looks_where_no_cls_does(models: Path) -> None:
    page = beside("non_local")
    page.session_state[POINT] = Point(0.99, 0.01)
    page.run()
    assert "Where the patch at row 7, column 0 looks, in the last layer." in captions(page)


@pytest.mark.parametrize(
    ("other", "sentence"), [("se", "All 2 decide the same"), ("non_local", "They decide differently: cbam says")]
)
def test_who_agrees_and_who_does_not_is_said(models: Path, other: str, sentence: str) -> None:
    first, second = (predict(load(models / name), CAT).decision for name in ("cbam", other))
    assert (first == second) == (other == "se")
    assert any(element.value.startswith(sentence) for element in beside(other).markdown)


def test_a_model_that_fails_is_a_sentence_and_the_other_stands(models: Path) -> None:
    (models / "se" / "weights.safetensors").write_bytes(b"")
    page = beside("se", "non_local")
    assert "se: Se cannot be loaded" in said(page)
    assert [each.value for each in page.subheader] == ["cbam", "non_local"]


def test_the_model_of_the_sidebar_never_stands_beside_itself(models: Path) -> None:
    page = beside("non_local")
    page.sidebar.selectbox(key="image-model").set_value("non_local").run()
    assert not page.exception
    assert [each.value for each in page.subheader] == ["non_local", "cbam"]


def test_with_nobody_beside_it_the_page_asks_for_one(models: Path) -> None:
    page = beside()
    page.multiselect(key=OTHERS).set_value([]).run()
    assert not page.exception
    assert any("Choose another model" in element.value for element in page.markdown)
