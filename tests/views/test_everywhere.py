"""Every view shows the same on its page, from the shell and in a notebook: equal arrays, equal captions."""

import html
import json
import re
import sys
from collections import ChainMap
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from attnviz import Result, cards, load, predict, show, translate
from attnviz.cli import app
from attnviz.nets import NETS
from attnviz.paths import ASSETS
from attnviz.plot import Picture, Words
from attnviz.plot.dressed import Stage, dressed
from attnviz.results.mechanism import MechanismResult  # without a model: see test_mechanism.py
from attnviz.state import Choice, OneOf, OnOff, Real, Whole, Window
from attnviz.ui import cache, widgets
from attnviz.views import VIEWS, View
from tests import tiny, translators
from tests.foreign.making import saved


def series_page() -> None:
    from attnviz.ui.pages.series import page

    page()


def image_page() -> None:
    from attnviz.ui.pages.image import page

    page()


def text_page() -> None:
    from attnviz.ui.pages.text import page

    page()


@pytest.fixture(autouse=True)
def _looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A net that only tests know."""
    monkeypatch.setattr(sys.modules["attnviz.load"], "NETS", ChainMap({"looks": tiny.Looks}, NETS))  # type: ignore[arg-type]


class Case(NamedTuple):
    """How a result is had: its views, a tiny model's folder, its page, the page's address, the shell's words, and in Python."""

    views: tuple[str, ...]

    write: Callable[[Path], Path]
    page: str
    script: Callable[[], None]
    address: dict[str, str]
    shell: list[str]
    predict: Callable[[Any], Result]


FRENCH = "Où est l'argent ? Il fait beau."
PHOTO = ASSETS / "photos" / "coffee.jpg"
TAXI = ASSETS / "series" / "taxi.csv"
SHORT, LONG = "a good unbelievable film , bad ! a film .", "a good film " * 40


def of_text(view: str, write: Callable[[Path], Path], text: str) -> Case:
    return Case((view,), write, "text", text_page, {"text": text}, ["--text", text], lambda model: predict(model, text))


def of_photo(views: tuple[str, ...], write: Callable[[Path], Path]) -> Case:
    address = {"view": views[0], "sample": PHOTO.name}
    return Case(
        views, write, "image", image_page, address, ["--image", str(PHOTO)], lambda model: predict(model, PHOTO.read_bytes())
    )


CASES = (
    of_text("heads", tiny.write_text_model, SHORT),
    of_text("long", lambda folder: tiny.write_long_model(folder, 512), LONG),
    of_text("soft", lambda folder: tiny.write_sentence_model(folder, "soft"), SHORT),
    of_text("hard", lambda folder: tiny.write_sentence_model(folder, "hard"), SHORT),
    Case(
        ("alignment", "cross-heads", "writing", "reading"), lambda folder: translators.write_translator(folder, "transformer"),
        "text", text_page, {"task": "translation", "text-translation": FRENCH}, ["--text", FRENCH],
        lambda model: translate(model, FRENCH),
    ),
    Case(
        ("ahead", "past"), tiny.write_series_model, "series", series_page, {"sample": "taxi", "back": "5"},
        ["--series", str(TAXI), "--hold-back", "5"], lambda model: predict(model, TAXI.read_bytes(), hold_back=5),
    ),
    of_photo(("picks", "spatial", "channel"), tiny.write_glimpse_model),
    of_photo(("places",), tiny.write_look_model),
    of_photo(("self",), lambda folder: saved(folder, "ViT")),
)  # fmt: skip


def another(choice: Choice) -> str:
    """A value that is allowed and is not the default, as an address has it."""
    match choice.allowed:
        case OneOf(values=values):
            other = values[-1] if values[-1] != choice.default else values[0]
        case Whole(high=high) | Real(high=high):
            other = high
        case OnOff():
            other = not choice.default
        case Window(length=length):
            other = (range(3, length), range(1, 5))
        case _:
            other = choice.default
    return choice.allowed.write(other)


def drawn(page: str) -> list[Any]:
    """The data of all figures of a stand-alone page, in order."""
    decoder = json.JSONDecoder()
    places = re.finditer(r'Plotly\.newPlot\(\s*"[^"]+",\s*', page)
    return [decoder.raw_decode(page, place.end())[0] for place in places]


def plain(markdown: str) -> str:
    return re.sub(r"\\(\W)", r"\1", markdown).replace("\u2060", "")


@pytest.mark.parametrize("changed", [False, True], ids=["at first", "all choices changed"])
@pytest.mark.parametrize("view", [view for view in VIEWS if view.kind is not MechanismResult], ids=lambda view: view.name)
def test_a_view_is_the_same_on_its_page_in_the_shell_and_in_a_notebook(
    view: View[Any], changed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = next(case for case in CASES if view.name in case.views)
    folder = case.write(tmp_path / "models" / "tiny")
    result = case.predict(load(folder))
    texts = {choice.name: another(choice) for choice in view.choices(result)} if changed else {}

    shown = show(result, view.name, **{name.replace("-", "_"): text for name, text in texts.items()})
    captions = [" ".join(exhibit.text.split()) for exhibit in shown.exhibits]
    in_notebook = drawn(html.unescape(shown._repr_html_()))
    figures = [(exhibit.name, i, figure) for exhibit in shown.exhibits for i, figure in enumerate(exhibit.figures)]
    plotted = [f"{name}-figure{i or ''}" for name, i, figure in figures if isinstance(figure, go.Figure)]
    others = [figure for *_, figure in figures if isinstance(figure, (Words, Picture))]
    for *_, figure in figures:
        if isinstance(figure, go.Figure):  # as the page has it in the dark, and on a stage
            assert json.loads(dressed(figure, True, Stage(900, 400, 22)).to_json())["layout"]["height"] == 400
    assert len(in_notebook) == len(plotted) == len(figures) - len(others)

    out = tmp_path / "out.html"
    options = [word for name, text in texts.items() for word in ("--choice", f"{name}={text}")]
    words = ["map", str(folder), *case.shell, "--view", view.name, *options, "--out", str(out)]
    assert CliRunner().invoke(app, words, catch_exceptions=False).exit_code == 0
    assert drawn(out.read_text()) == in_notebook
    for exhibit in shown.exhibits:
        assert html.escape(exhibit.caption) in out.read_text()
        assert html.escape(exhibit.legend) in out.read_text()
    assert all(figure.as_html() in out.read_text() for figure in others)

    monkeypatch.setattr(widgets, "all_cards", lambda: cards.all_cards(folder.parent))
    monkeypatch.setattr(cache, "load", lambda name: load(folder.parent / name))
    cache.model.clear()
    page = AppTest.from_function(case.script, default_timeout=120)
    several = {"view": view.name} if case.page == "image" or (case.page == "text" and len(case.views) > 1) else {}
    page.query_params.update(case.address | texts | several)
    page.run()
    cache.model.clear()
    assert not page.exception
    assert not page.warning
    charts = {chart.proto.id.partition(f"-{case.page}-")[2]: json.loads(chart.proto.spec) for chart in page.get("plotly_chart")}
    assert [charts[name]["data"] for name in plotted] == in_notebook
    assert set(captions) <= {plain(caption.value) for caption in page.caption}


def test_every_view_has_a_name_of_its_own_and_choices_that_share_a_name_on_a_page_are_the_same(tmp_path: Path) -> None:
    assert len({view.name for view in VIEWS}) == len(VIEWS)
    for number, case in enumerate(CASES):
        result = case.predict(load(case.write(tmp_path / str(number))))
        assert tuple(view.name for view in VIEWS if view.applies(result)) == case.views
        found: dict[str, Choice] = {}
        for view in VIEWS:
            if view.applies(result):
                for choice in view.choices(result):
                    assert choice.name == choice.name.lower()
                    assert found.setdefault(choice.name, choice).default == choice.default
