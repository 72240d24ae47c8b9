"""The Series page as a visitor uses it, without a browser, on a tiny model of random weights."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from attnviz import cards, load
from attnviz.ui import cache, widgets
from tests import tiny

PATIENCE = 120
CSV = b"day;level\n" + b"".join(f"2024-01-{day:02d};{day * day % 7},5\n".encode() for day in range(1, 29))


def script() -> None:
    from attnviz.ui.pages.series import page

    page()


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    folder = tiny.write_series_model(tmp_path / "models" / "tiny-series").parent
    monkeypatch.setattr(widgets, "all_cards", lambda: cards.all_cards(folder))
    monkeypatch.setattr(cache, "load", lambda name: load(folder / name))
    cache.model.clear()
    yield AppTest.from_function(script, default_timeout=PATIENCE).run()
    cache.model.clear()


def said(page: AppTest) -> str:
    return "\n".join(element.value for element in [*page.markdown, *page.caption, *page.info, *page.error])


def test_a_finished_example_is_there_at_once_with_its_error(page: AppTest) -> None:
    assert not page.exception
    assert not page.error
    assert "Forecast: **3 steps** of 30 minutes from **Sat 2015-01-31 22:30**" in said(page)
    assert "Off by **" in said(page)
    assert "the seasonal-naive forecast (" in said(page)


def test_another_step_is_told_and_runs_no_model(page: AppTest) -> None:
    kept = dict(page.session_state["predictions"])
    assert "Step +1, Sat 2015-01-31 22:30, looks most at" in said(page)
    page.slider(key="series-step").set_value(3).run()
    assert "Step +3, Sat 2015-01-31 23:30, looks most at" in said(page)
    page.button(key="series-earlier").click().run()
    assert "Step +2, Sat 2015-01-31 23:00, looks most at" in said(page)
    assert dict(page.session_state["predictions"]) == kept


def test_the_future_has_no_error_to_tell(page: AppTest) -> None:
    page.segmented_control(key="series-begin").set_value("What comes next").run()
    assert "from **Sun 2015-02-01 00:00**" in said(page)
    assert "Off by" not in said(page)


def test_every_sample_can_be_gone_on_with(page: AppTest) -> None:
    for sample in page.selectbox(key="series-sample").options:
        page.selectbox(key="series-sample").select(sample).run()
        assert not page.exception
        assert not page.error
    assert "missing of" not in said(page)


def test_a_file_is_gone_on_with_and_a_bad_one_is_refused_in_a_sentence(page: AppTest) -> None:
    page.segmented_control(key="series-source").set_value("Upload").run()
    assert "Choose a file" in said(page)
    page.file_uploader(key="series-upload").upload("levels.csv", CSV, "text/csv").run()
    assert "of one day from **Fri 2024-01-26**" in said(page)
    page.file_uploader(key="series-upload").upload("levels.csv", CSV.replace(b"4,5", b"often"), "text/csv").run()
    assert [error.value for error in page.error] == [
        "No column of the file holds numbers alone (row 3 of “level” holds text, “often”). Mend or remove what is no number."
    ]
    assert not page.exception
