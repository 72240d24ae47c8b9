"""What a visitor sees, read from the page."""

import json
import re
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from typer.testing import CliRunner

from attnviz.cli import app

READ_Z = "figure => { const z = figure.calcdata[0][0].z; return Array.from(z, row => Array.from(row)); }"


def further(names: Iterable[str], always: Collection[str]) -> list[Any]:
    """Names of cases: those that run always, and the others, which run where all are asked for (`make thorough`)."""
    return [name if name in always else pytest.param(name, marks=pytest.mark.thorough) for name in names]


def figure(page: Page, key: str) -> Locator:
    """The Plotly figure of a chart by its key."""
    found = page.locator(f".st-key-{key} .js-plotly-plot")
    found.wait_for()
    return found


def heat(page: Page, key: str) -> NDArray[np.float64]:
    """(row, column) numbers of the first heatmap in a figure, as the browser drew them."""
    return np.array(figure(page, key).evaluate(READ_Z), dtype=float)


def bars(page: Page, key: str) -> NDArray[np.float64]:
    """Heights of the bars of a figure, in their order."""
    return np.array(figure(page, key).evaluate("figure => figure.calcdata[0].map(bar => bar.s)"), dtype=float)


def quiet(page: Page) -> None:
    """Waits until Streamlit has finished what it was asked, and has not begun anew three times in a row."""
    for _ in range(3):
        page.wait_for_timeout(400)
        expect(page.locator("[data-testid=stApp]")).to_have_attribute("data-test-script-state", "notRunning", timeout=60_000)


def choose(page: Page, key: str, option: str | int) -> None:
    """Picks an option of a selectbox by its name or its number; opens it again where the page drew itself anew under it."""
    options = page.get_by_role("option")
    wanted = options.nth(option) if isinstance(option, int) else page.get_by_role("option", name=option, exact=True)
    for patience in (10_000, 10_000, 30_000):
        if wanted.count() == 0:
            page.locator(f".st-key-{key} input").click()
        with suppress(PlaywrightTimeout):
            wanted.click(timeout=patience)
            break
        page.keyboard.press("Escape")
        quiet(page)
    else:
        raise AssertionError(f"{key} has no option {option}, but {options.all_inner_texts()}")
    quiet(page)


def ask_for(page: Page, task: str) -> None:
    """Picks a task of the Text page."""
    page.locator(".st-key-text-task").get_by_text(task, exact=True).click()
    quiet(page)


def write_sentence(page: Page, text: str) -> None:
    """Types into the sentence box and leaves it."""
    box = page.locator(".st-key-text-input textarea")
    box.fill(text)
    box.press("Control+Enter")
    quiet(page)


def decision(page: Page, key: str) -> str:
    """The sentence that says the decision."""
    return page.get_by_text(re.compile("^Decision:")).first.inner_text()


def mapped(tmp_path: Path, *arguments: str) -> dict[str, Any]:
    """What `attnviz map` writes as JSON."""
    out = tmp_path / "map.json"
    done = CliRunner().invoke(app, ["map", *arguments, "--out", str(out)])
    assert done.exit_code == 0, done.output
    return dict(json.loads(out.read_text(encoding="utf-8")))
