"""Sessions of the pages, run by Streamlit's own test runner: saved on one visit, opened on another."""

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from attnviz import session
from attnviz.session import Session
from attnviz.ui import session as corner
from attnviz.ui.state import CURRENT, GO, KEPT, OPENED, TOUCHED

SECRET = "A dull, lifeless mess."


def text_page() -> None:
    from attnviz.ui.pages.text import page

    page()


def visited(**address: str) -> AppTest:
    page = AppTest.from_function(text_page, default_timeout=120)
    page.query_params.update(address)
    return page.run()


def opened(found: Session) -> AppTest:
    """A fresh visit that opens a session, as the callback of its widget does."""
    page = AppTest.from_function(text_page, default_timeout=120)
    for key, value in ((KEPT, {found.page: dict(found.choices)}), (TOUCHED, True), (OPENED, True)):
        page.session_state[key] = value
    return page.run()


def specs(page: AppTest) -> list[Any]:
    return [json.loads(chart.proto.spec)["data"] for chart in page.get("plotly_chart")]


def test_a_session_brings_back_text_and_choices_and_the_same_numbers() -> None:
    page = visited(text=SECRET, layer="3", head="7", merge="0")
    saved = session.read(session.write(corner.saved(page.session_state[CURRENT], None)))
    assert saved.choices["text"] == SECRET
    assert {"layer": "3", "head": "7", "merge": "0"}.items() <= saved.choices.items()
    assert list(saved.models) == ["sentiment-minilm"]
    assert len(saved.models["sentiment-minilm"]) == 64
    again = opened(saved)
    assert not again.warning
    assert specs(again) == specs(page)
    state = again.session_state[CURRENT]
    here = {name: exhibit.maps[0].dense() for name, exhibit in state.shown.items() if exhibit.maps}
    assert saved.differences(saved.models, here) == []
    assert "text" not in again.query_params


@pytest.mark.parametrize(("name", "text"), [("layer", "99"), ("colour", "red")])
def test_what_a_session_asks_for_and_is_not_there_is_said_and_the_rest_is_shown(name: str, text: str) -> None:
    page = opened(Session("text", {"text": SECRET, name: text}))
    assert not page.exception
    (warning,) = page.warning
    assert "The session" in warning.value
    assert page.text_area(key="text-input").value == SECRET
    assert GO not in page.session_state
