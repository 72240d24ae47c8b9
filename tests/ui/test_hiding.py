"""Words hidden by a click on the Text page, without a browser, on tiny models of others."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from attnviz import cards, load
from attnviz.ui import cache, widgets
from tests.foreign.making import saved
from tests.ui.test_foreign import markdown, words_page

KINDS = {"gap": "BERT with a gap", "gpt": "GPT-2"}


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    folder = tmp_path / "models"
    for name, kind in KINDS.items():
        saved(folder / name, kind, title=name)
    monkeypatch.setattr(widgets, "all_cards", lambda: cards.all_cards(folder))
    monkeypatch.setattr(cache, "load", lambda name: load(folder / name))
    cache.model.clear()
    yield words_page()
    cache.model.clear()


def read(page: AppTest, text: str) -> bool:
    """Whether a text is what a model was given last."""
    keys = [key for key in page.session_state["results"] if key[0] in KINDS]
    return keys[-1][:2] == (keys[-1][0], cache.fingerprint(text))


def model(page: AppTest, name: str) -> AppTest:
    return page.sidebar.selectbox(key="text-model").set_value(name).run()


def test_the_last_word_is_hidden_and_guessed_before_anybody_chose(page: AppTest) -> None:
    model(page, "gap")
    assert read(page, "A gorgeous, witty, seductive [MASK].")
    assert "what stands at" in markdown(page)
    assert "Hidden is “movie”" in markdown(page)
    assert page.pills(key="text-gap").value == 6


def test_a_click_hides_another_word_and_a_second_one_shows_it_again(page: AppTest) -> None:
    model(page, "gap")
    page.pills(key="text-gap").set_value(1).run()
    assert read(page, "A [MASK], witty, seductive movie.")
    assert "Hidden is “gorgeous”" in markdown(page)
    assert page.query_params["gap"] == "1"
    page.pills(key="text-gap").set_value(None).run()
    assert read(page, "A gorgeous, witty, seductive movie.")
    assert "No decision" in markdown(page)


def test_a_causal_model_reads_what_stands_before_the_hidden_word(page: AppTest) -> None:
    model(page, "gpt")
    assert read(page, "A gorgeous, witty, seductive")
    page.pills(key="text-gap").set_value(3).run()
    assert read(page, "A gorgeous,")
    assert "Hidden is “witty”" in markdown(page)


def test_another_text_has_its_own_hidden_word_and_a_gap_that_was_typed_is_kept(page: AppTest) -> None:
    model(page, "gap")
    page.pills(key="text-gap").set_value(1).run()
    page.text_area(key="text-input").set_value("so good").run()
    assert read(page, "so [MASK]")
    page.text_area(key="text-input").set_value("a [MASK] film").run()
    assert read(page, "a [MASK] film")
    assert not page.exception
