"""The Series page as a visitor uses it, without a browser, on a tiny model of random weights."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from attnviz import cards, load
from attnviz.ui import cache, widgets
from attnviz.ui.say import JOINER
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


def plain(markdown: str) -> str:
    """What is read, of text in which Markdown finds no marks."""
    return re.sub(r"\\(\W)", r"\1", markdown).replace(JOINER, "")


def address(page: AppTest) -> dict[str, str]:
    return {name: value if isinstance(value, str) else value[0] for name, value in page.query_params.items()}


def said(page: AppTest) -> str:
    told = "\n".join(element.value for element in [*page.markdown, *page.caption, *page.subheader, *page.info, *page.error])
    return plain(told)


def test_a_finished_example_is_there_at_once_with_its_error(page: AppTest) -> None:
    assert not page.exception
    assert not page.error
    assert "Forecast: **3 steps** of 30 minutes from **Sun 2024-02-11 22:30**" in said(page)
    assert "Off by **" in said(page)
    assert "the seasonal-naive forecast (" in said(page)


def test_another_step_is_told_and_runs_no_model(page: AppTest) -> None:
    kept = dict(page.session_state["results"])
    assert "Step +1, Sun 2024-02-11 22:30, looks most at" in said(page)
    page.slider(key="series-step").set_value(3).run()
    assert "Step +3, Sun 2024-02-11 23:30, looks most at" in said(page)
    page.button(key="series-step--1").click().run()
    assert "Step +2, Sun 2024-02-11 23:00, looks most at" in said(page)
    assert dict(page.session_state["results"]) == kept


def test_the_future_has_no_error_to_tell(page: AppTest) -> None:
    page.segmented_control(key="series-begin").set_value("future").run()
    assert "from **Mon 2024-02-12 00:00**" in said(page)
    assert "Off by" not in said(page)


def test_before_a_future_the_end_that_is_known_is_tried_and_a_nearer_naive_forecast_is_told(page: AppTest) -> None:
    told = "On the end that was held back the naive forecast (5 steps before) was nearer than the model's"
    page.segmented_control(key="series-source").set_value("upload").run()
    beat = b"day;level\n" + b"".join(f"2024-01-{day:02d};{day % 5},5\n".encode() for day in range(1, 31))
    page.file_uploader(key="series-upload").upload("beat.csv", beat, "text/csv").run()
    assert told in said(page)
    page.segmented_control(key="series-begin").set_value("future").run()
    assert "Off by" not in said(page)
    assert told in said(page)


def test_every_sample_can_be_gone_on_with(page: AppTest) -> None:
    for sample in ("taxi", "bicycles", "power", "ice-cream", "rhythm"):
        page.selectbox(key="series-sample").set_value(sample).run()
        assert not page.exception
        assert not page.error
    assert "missing of" not in said(page)


def test_a_file_is_gone_on_with_and_a_bad_one_is_refused_in_a_sentence(page: AppTest) -> None:
    page.segmented_control(key="series-source").set_value("upload").run()
    assert "Choose a file" in said(page)
    page.file_uploader(key="series-upload").upload("levels.csv", CSV, "text/csv").run()
    assert "of one day from **Fri 2024-01-26**" in said(page)
    page.file_uploader(key="series-upload").upload("levels.csv", CSV.replace(b"4,5", b"often"), "text/csv").run()
    refused = "No column of the file holds numbers alone (row 3 of “level” holds text, “often”). Mend or remove what is no number."
    assert f"{refused} Below is still the last result." in said(page)
    assert "of one day from **Fri 2024-01-26**" in said(page)
    assert not page.exception


def test_the_address_holds_what_was_chosen_and_nothing_else(page: AppTest) -> None:
    assert address(page) == {}
    page.slider(key="series-step").set_value(3).run()
    page.selectbox(key="series-head").set_value(1).run()
    assert address(page) == {"step": "3", "head": "1"}
    page.slider(key="series-step").set_value(1).run()
    assert address(page) == {"head": "1"}


def test_an_address_brings_its_state_and_so_does_the_way_back(page: AppTest) -> None:
    page.query_params.update(step="2", head="0", sample="rhythm", begin="future")
    page.run()
    assert not page.exception
    assert "Step +2 looks at" in said(page)
    assert (page.selectbox(key="series-sample").value, page.selectbox(key="series-head").value) == ("rhythm", 0)
    assert "Off by" not in said(page)
    page.query_params.clear()
    page.run()
    assert "Step +1 looks at" in said(page)
    assert page.selectbox(key="series-sample").value == "power"


def test_what_an_address_asks_for_and_is_not_there_is_said_and_the_rest_is_shown(page: AppTest) -> None:
    page.query_params.update(step="99", head="1", colour="*red*")
    page.run()
    assert [plain(each.value) for each in page.warning] == [
        "The address cannot be followed in all: “99” is no step. It is a whole number from 1 to 3.",
        "The address asks for “colour”, which is not chosen here.",
    ]
    assert page.selectbox(key="series-head").value == 1
    assert address(page) == {"head": "1"}


def test_a_click_that_comes_with_an_old_address_is_no_way_back(page: AppTest) -> None:
    page.slider(key="series-step").set_value(2).run()
    page.query_params.clear()
    page.slider(key="series-step").set_value(3).run()
    assert address(page) == {"step": "3"}
