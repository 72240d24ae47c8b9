"""The pages, run by Streamlit's own test runner without a browser."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from attnviz import cards, load, predict
from attnviz.faithful import tried
from attnviz.ui import cache, widgets
from tests.ui.shipped import shipped

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("text", "image")


def open_page(name: str, **address: str) -> AppTest:
    """A fresh visit to one page, by an address that says so much."""

    def script(name: str) -> None:
        from attnviz.ui.pages import image, text

        {"text": text, "image": image}[name].page()

    page = AppTest.from_function(script, args=(name,), default_timeout=60)
    page.query_params.update(address)
    return page.run()


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
    example = page.selectbox(key="text-sample").options[3]
    page.selectbox(key="text-sample").select_index(3).run()
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


def test_another_task_never_shows_the_decision_of_the_one_before() -> None:
    page = open_page("text")
    assert any("Decision:" in element.value for element in page.markdown)
    page.segmented_control(key="text-task").set_value("translation").run()
    assert not page.exception
    assert not any("Decision:" in element.value for element in page.markdown)
    page.segmented_control(key="text-task").set_value("sentiment").run()
    assert any("Decision:" in element.value for element in page.markdown)


def test_an_own_text_stays_out_of_the_address_and_a_link_with_it_brings_it_back() -> None:
    page = open_page("text")
    page.text_area(key="text-input").set_value("A dull, lifeless mess.").run()
    page.selectbox(key="text-head").set_value(1).run()
    assert dict(page.query_params) == {"head": "1"}
    (link,) = [element.value for element in page.code if "text=A+dull" in element.value]
    assert "head=1" in link
    other = open_page("text", text="A dull, lifeless mess.", head="1", lock="2")
    assert other.text_area(key="text-input").value == "A dull, lifeless mess."
    assert other.query_params["text"] == "A dull, lifeless mess."
    other.text_area(key="text-input").set_value("A slow film.").run()
    assert dict(other.query_params) == {"head": "1"}


def test_the_caption_speaks_of_the_locked_word_and_a_new_text_has_none() -> None:
    page = open_page("text", lock="2")
    captions = " ".join(element.value for element in page.caption)
    assert "looks most at" in captions
    assert "Its row is framed" in captions
    page.text_area(key="text-input").set_value("A dull, lifeless mess.").run()
    assert "Its row is framed" not in " ".join(element.value for element in page.caption)


def test_whether_a_map_explains_the_decision_is_worked_out_when_it_is_asked_for() -> None:
    page = open_page("text", text="The plot is thin, but the actors are so charming that nobody will mind.")
    assert not any("explains it" in element.value for element in page.markdown)
    page.button(key="text-tried").click().run(timeout=300)
    assert not page.exception
    net = load("sentiment-minilm")
    expected = list(tried(net, predict(net, page.text_area(key="text-input").value)))
    told = " ".join(element.value for element in page.markdown)
    (layer, head), _ = next(iter(predict(net, page.text_area(key="text-input").value).slopes.items()))
    shown = next(one for one in expected if one.method == "head shown first")
    assert f"Layer {layer}, head {head}: {shown.verdict}" in told
    for one in expected:
        assert f"| {one.method} | {one.trial.moved:.3f} | {one.trial.random.mean():.3f} |" in told
    page.toggle(key="text-curves").set_value(True).run()
    comprehensiveness = f"Hiding its strongest 10, 20 and 50 % takes {shown.trial.comprehensiveness:.3f} on average"
    assert comprehensiveness in " ".join(element.value for element in page.caption)
    page.text_area(key="text-input").set_value("A dull, lifeless mess that nobody will ever want to see again.").run()
    assert page.button(key="text-tried")  # it is asked for each sentence anew


def test_an_address_takes_words_and_heads_away_and_buttons_give_them_back() -> None:
    page = open_page("text", hidden="2,3", off="1.4")
    assert not page.exception
    told = " ".join(element.value for element in page.markdown)
    assert "Taken away:" in told
    page.button(key="text-back-2").click().run()
    assert dict(page.query_params) == {"hidden": ["3"], "off": ["1.4"]} or dict(page.query_params) == {"hidden": "3", "off": "1.4"}
    page.button(key="text-on-1-4").click().run()
    page.button(key="text-back-3").click().run()
    assert not any("Taken away" in element.value for element in page.markdown)


def test_all_maps_are_ranked_on_a_page_with_random_orders_among_them() -> None:
    def script() -> None:
        from attnviz.ui.pages.explained import page

        page()

    page = AppTest.from_function(script, default_timeout=60).run()
    assert not page.exception
    tables = [element.value for element in page.markdown if "comprehensiveness |" in element.value]
    assert tables
    assert all("*random orders*" in table for table in tables)
