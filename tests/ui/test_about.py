"""The About page says what holds on this server: its limits, its models, its version."""

from dataclasses import fields
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from attnviz import __version__, cards
from attnviz.limits import PREFIX, Limits, read_limits
from attnviz.ui.pages import about
from tests import tiny


def opened() -> AppTest:
    def script() -> None:
        from attnviz.ui.pages import about

        about.page()

    page = AppTest.from_function(script, default_timeout=60).run()
    assert not page.exception
    return page


def told(page: AppTest) -> str:
    return "\n".join(element.value for element in [*page.markdown, *page.caption, *page.code])


def plain(text: str) -> str:
    return text.replace("\\", "").replace("\u2060", "")


def test_every_limit_stands_there_as_the_environment_sets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(about, "LIMITS", read_limits({f"{PREFIX}PHOTO_BYTES": "1234567"}))
    said = plain(told(opened()))
    assert "| 1,234,567 | bytes | memory and time to decode | ATTNVIZ_MAX_PHOTO_BYTES |" in said
    for each in fields(Limits):
        assert f"| {PREFIX}{each.name.upper()} |" in said


def test_every_model_stands_there_with_its_licence_and_a_broken_card_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.write_photo_model(tmp_path / "tiny-photo")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "card.toml").write_text('title = "![p](http://127.0.0.1:9/q.png)')
    monkeypatch.setattr(about, "all_cards", lambda: cards.all_cards(tmp_path))
    page = opened()
    card = cards.read_card(tmp_path / "tiny-photo")
    assert f"| {card.title} | tiny-photo | image | here | {card.licence} |" in plain(told(page))
    assert "not readable as TOML" in plain(page.warning[0].value)
    assert "![p](http" not in page.warning[0].value


def test_markup_in_a_card_is_shown_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny.write_photo_model(tmp_path / "tiny-photo")
    written = (folder / "card.toml").read_text()
    (folder / "card.toml").write_text(written.replace('licence = "', 'licence = "![p](http://127.0.0.1:9/q.png) | :red[boo] '))
    monkeypatch.setattr(about, "all_cards", lambda: cards.all_cards(tmp_path))
    said = told(opened())
    assert "![p](http" not in said
    assert ":red[" not in said.replace("\\", "|")


def test_the_citation_names_this_version() -> None:
    assert f"version = {{{__version__}}}" in told(opened())
