"""The pages, run by Streamlit's own test runner without a browser."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from attnviz import cards
from attnviz.ui import cache, widgets
from tests.ui.shipped import shipped

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("text", "image")


def open_page(name: str) -> AppTest:
    """A fresh visit to one page."""

    def script(name: str) -> None:
        from attnviz.ui.pages import image, text

        {"text": text, "image": image}[name].page()

    return AppTest.from_function(script, args=(name,), default_timeout=60).run()


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped models that a test may break."""
    folder = shipped(tmp_path / "models", "sentiment-minilm")
    monkeypatch.setattr(widgets, "all_cards", lambda: cards.all_cards(folder))
    monkeypatch.setattr(cache, "load", lambda name: __import__("attnviz").load(folder / name))
    cache.model.clear()
    yield folder
    cache.model.clear()


def said(page: AppTest) -> str:
    return " ".join(element.value for element in [*page.error, *page.warning])


@pytest.mark.parametrize("name", PAGES)
def test_a_first_visit_shows_a_decision_and_no_error(name: str) -> None:
    page = open_page(name)
    assert not page.exception
    assert not page.error
    assert any("Decision:" in element.value for element in page.markdown)


def test_the_front_door_opens() -> None:
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert not page.exception
    assert page.title[0].value == "Where does it look in a sentence?"


def test_the_decision_follows_the_sentence() -> None:
    page = open_page("text")
    page.text_area(key="text-input").set_value("A dull, lifeless mess.").run()
    assert any("**negative**" in element.value for element in page.markdown)


def test_an_example_fills_the_box() -> None:
    page = open_page("text")
    example = page.selectbox(key="text-example").options[3]
    page.selectbox(key="text-example").set_value(example).run()
    assert page.text_area(key="text-input").value == example


@pytest.mark.parametrize("text", ["", "   \n ", "\u0000\u0001", "x" * 10_000_000])
def test_text_that_cannot_be_taken_is_one_sentence_of_error(text: str) -> None:
    page = open_page("text")
    page.text_area(key="text-input").set_value(text).run()
    assert not page.exception
    assert len(page.error) == 1
    assert page.title


@pytest.mark.parametrize(
    ("damage", "finding"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-100]), "damaged or altered"),
        (lambda path: path.unlink(), "is missing"),
        (lambda path: path.write_bytes(b""), "damaged or altered"),
    ],
)
def test_broken_weights_are_a_sentence_and_the_other_model_works(models: Path, damage, finding: str) -> None:  # type: ignore[no-untyped-def]
    damage(models / "sentiment-minilm" / "weights.safetensors")
    page = open_page("text")
    assert not page.exception
    assert finding in said(page)
    other = open_page("image")
    assert not other.error
    assert any("Decision:" in element.value for element in other.markdown)


def test_a_broken_card_is_a_sentence_and_the_other_model_works(models: Path) -> None:
    for card in cards.all_cards(models)[0]:
        if card.input == "image" and card.source == "own":
            (card.folder / "card.toml").write_text("title = ")
    page = open_page("image")
    assert not page.exception
    assert "not readable as TOML" in said(page)
    assert "No model for this is on this machine yet" in page.info[0].value
    text = open_page("text")
    assert not text.exception
    assert any("Decision:" in element.value for element in text.markdown)


def test_a_changed_head_keeps_the_prediction() -> None:
    page = open_page("text")
    before = dict(page.session_state["results"])
    page.selectbox(key="text-head").set_value(1).run()
    kept = page.session_state["results"]
    assert kept.keys() == before.keys()
    assert all(kept[key] is before[key] for key in kept)
