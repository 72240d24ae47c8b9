"""A long text on the Text page as a visitor uses it."""

import random
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from attnviz import Prediction, load, predict
from tests import tiny
from tests.browser.conftest import serve, stop
from tests.browser.reading import choose, figure, heat, quiet

LIMIT = 500_000
TOKENS = 8_192
MARK = "unbelievable"  # three tokens; it stands in two places
NUMBERS = "[data-testid=stNumberInput] input"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("long")
    tiny.write_long_model(folder / "long", TOKENS)
    return folder


@pytest.fixture(scope="module")
def text() -> str:
    draw = random.Random(0)
    words = [draw.choice(["a", "b", "good", "bad", "film"]) for _ in range(TOKENS + 100)]
    words[3000] = words[7000] = MARK
    return " ".join(words)


@pytest.fixture(scope="module")
def expected(models: Path, text: str) -> Prediction:
    return predict(load(models / "long"), text)


@pytest.fixture(scope="module")
def url(models: Path) -> Iterator[str]:
    process, address = serve(ATTNVIZ_MODELS=str(models))
    yield address
    stop(process)


class Bytes:
    """What the browser has received since it was last asked."""

    def __init__(self, page: Page) -> None:
        self.count = 0
        page.on("websocket", lambda socket: socket.on("framereceived", self._add))

    def _add(self, frame: str | bytes) -> None:
        self.count += len(frame)

    def taken(self) -> int:
        count, self.count = self.count, 0
        return count


@pytest.fixture
def bytes_of(page: Page) -> Bytes:
    return Bytes(page)


@pytest.fixture
def long_page(page: Page, url: str, text: str, bytes_of: Bytes) -> Page:
    page.set_viewport_size({"width": 1440, "height": 2400})
    page.goto(url)
    figure(page, "text-map-figure")
    page.get_by_text("Upload .txt").click()
    page.locator(".st-key-text-upload input[type=file]").set_input_files(
        {"name": "long.txt", "mimeType": "text/plain", "buffer": text.encode()}
    )
    figure(page, "text-overview-figure")
    quiet(page)
    page.keyboard.press("Escape")
    quiet(page)
    return page


def drag(page: Page, key: str, start: float, end: float) -> None:
    """A box on the diagonal of an overview, in shares of its side."""
    place = "f => { const r = f.querySelector('.nsewdrag').getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; }"
    x, y, width, height = figure(page, key).evaluate(place)
    page.mouse.move(x + start * width, y + start * height)
    page.mouse.down()
    page.mouse.move(x + end * width, y + end * height, steps=8)
    page.mouse.up()
    quiet(page)


def window(page: Page) -> list[int]:
    """First and last row, first and last column."""
    return [int(field.input_value()) for field in page.locator(NUMBERS).all()]


def chosen(page: Page) -> tuple[int, int]:
    layer, head = re.findall(r"Layer (\d+), head (\d+)", page.get_by_text(re.compile(r"Layer \d+, head \d+: all")).inner_text())[0]
    return int(layer), int(head)


def test_a_box_is_narrowed_to_the_exact_window_and_no_view_weighs_more_than_the_limit(
    long_page: Page, bytes_of: Bytes, expected: Prediction
) -> None:
    page = long_page
    assert 10_000 < bytes_of.taken() < LIMIT  # the first view of the text
    assert heat(page, "text-overview-figure").shape == (256, 256)
    drag(page, "text-overview-figure", 0.25, 0.3)
    figure(page, "text-zoom-figure")
    assert 10_000 < bytes_of.taken() < LIMIT
    first, last, *_ = window(page)
    assert abs(first - 0.25 * TOKENS) < 60
    assert abs(last - 0.3 * TOKENS) < 60
    drag(page, "text-zoom-figure", 0.5, 0.58)
    figure(page, "text-map-figure")
    assert 10_000 < bytes_of.taken() < LIMIT
    rows, columns = (range(a, b + 1) for a, b in np.array(window(page)).reshape(2, 2).tolist())
    assert 16 <= len(rows) <= 64
    layer, head = chosen(page)
    weights = expected.tape[expected.tape.layers[layer]].window(head, list(rows), list(columns))
    assert np.abs(heat(page, "text-map-figure") - weights).max() < 1e-6
    expect(page.get_by_text(re.compile(rf"Queries {rows[0]:,} to {rows[-1]:,} of 8,192"))).to_be_visible()
    choose(page, "text-head", str((head + 1) % 4))
    assert 10_000 < bytes_of.taken() < LIMIT


def test_the_window_is_typed_as_numbers(long_page: Page, expected: Prediction) -> None:
    for position, number in enumerate((8_180, 8_191, 5, 24)[::-1]):
        field = long_page.locator(NUMBERS).nth(3 - position)
        field.fill(str(number))
        field.press("Enter")
        quiet(long_page)
    # what was typed first is the last column, and so on: ends may be given in any order
    assert window(long_page) == [8_180, 8_191, 5, 24]
    layer, head = chosen(long_page)
    weights = expected.tape[expected.tape.layers[layer]].window(head, slice(8_180, 8_192), slice(5, 25))
    assert np.abs(heat(long_page, "text-map-figure") - weights).max() < 1e-6


def test_a_word_that_is_searched_is_jumped_to_and_locked(long_page: Page, bytes_of: Bytes, expected: Prediction) -> None:
    page = long_page
    find = page.locator(".st-key-text-find input")
    find.fill(MARK)
    find.press("Enter")
    quiet(page)
    expect(page.get_by_text("2 places")).to_be_visible()
    bytes_of.taken()
    page.locator("[class*=st-key-text-hit] input").click()
    page.get_by_role("option", name=re.compile(r"^7,003: ")).click()  # [CLS] and two more tokens of the first come before
    quiet(page)
    figure(page, "text-looked-at-figure")
    assert bytes_of.taken() < LIMIT
    rows = range(window(page)[0], window(page)[1] + 1)
    assert 7_003 in rows
    expect(page.locator(".sentence button[aria-pressed=true] span")).to_have_text(MARK)
    layer, head = chosen(page)
    m = expected.tape[expected.tape.layers[layer]]
    names = figure(page, "text-looks-at-figure").evaluate("f => f.calcdata[0].map(bar => bar.s)")
    words = expected.encoded.words  # type: ignore[union-attr]
    row = m.rows(head, [7_003, 7_004, 7_005]).mean(0)
    assert max(names) == pytest.approx(max(row[list(word.positions)].sum() for word in words), rel=1e-4)
    choose(page, "text-layer", str(1 - layer))
    expect(page.locator(".sentence button[aria-pressed=true] span")).to_have_text(MARK)
    page.locator(".sentence button[aria-pressed=true]").click()
    quiet(page)
    expect(page.locator(".sentence button[aria-pressed=true]")).to_have_count(0)


def test_a_word_that_is_not_there_is_said_so(long_page: Page) -> None:
    find = long_page.locator(".st-key-text-find input")
    find.fill("zebra")
    find.press("Enter")
    expect(long_page.get_by_text("“zebra” is not in the text that was read.")).to_be_visible()


def test_a_long_file_stays_on_the_server_until_a_sentence_is_typed(long_page: Page, text: str) -> None:
    expect(long_page.get_by_text(f"The beginning of your file of {len(text):,} characters")).to_be_visible()
    long_page.get_by_role("button", name="Type a sentence instead").click()
    quiet(long_page)
    assert long_page.locator(".st-key-text-input textarea").is_enabled()
    expect(long_page.locator(".st-key-text-overview-figure")).to_have_count(0)


def test_the_page_of_a_long_text_fits_a_phone(page: Page, url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(url)
    figure(page, "text-map-figure")
    box = page.locator(".st-key-text-input textarea")
    box.fill("a good film " * 40)
    box.press("Control+Enter")
    figure(page, "text-overview-figure")
    quiet(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
