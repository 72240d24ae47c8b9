"""The address of a page is all of it: a second browser, Back and Forward show the same numbers and captions."""

from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE
from tests.browser.reading import choose, figure, further, quiet

# Every number of every figure, by the key of its chart, and all captions.
READ = """() => {
  const plain = (values) => JSON.stringify(values, (_, each) => ArrayBuffer.isView(each) ? Array.from(each) : each);
  const key = (figure) => [...figure.closest('[class*=st-key-]').classList].find((name) => name.startsWith('st-key-'));
  const figures = [...document.querySelectorAll('.js-plotly-plot')].map((figure) =>
    [key(figure), figure._fullData.map((trace) => plain([trace.z ?? null, trace.x ?? null, trace.y ?? null]))]);
  const said = [...document.querySelectorAll('[data-testid=stCaptionContainer]')].map((each) => each.innerText);
  return [Object.fromEntries(figures), said.filter((text) => !/ ms|seconds/.test(text))];
}"""


class Link(NamedTuple):
    """An address, what must be drawn, one more thing that its visitor does, and what the address then says of all."""

    address: str
    drawn: str
    act: Callable[[Page], None]
    says: dict[str, str]


def pressed(key: str, press: str) -> Callable[[Page], None]:
    return lambda page: page.locator(f".st-key-{key} input").first.press(press)


def clicked(key: str, text: str) -> Callable[[Page], None]:
    return lambda page: page.locator(f".st-key-{key} button").filter(has_text=text).first.click()


LINKS = {
    "text": Link(
        "?sample=2&layer=2&head=3&merge=0&lock=3&scale=largest", "text-map-figure", lambda page: choose(page, "text-head", "6"),
        {"sample": "2", "layer": "2", "head": "6", "merge": "0", "lock": "3", "scale": "largest"},
    ),
    "picked words": Link(
        "?model=sentiment-hard&picks=drawn&seed=5&lock=2", "text-odds-figure", clicked("text-resample", "Resample"),
        {"model": "sentiment-hard", "picks": "drawn", "seed": "6", "lock": "2"},
    ),
    "translation": Link(
        "?task=translation&model=translate-luong&sample-translation=1", "text-map-figure", pressed("text-step", "ArrowRight"),
        {"task": "translation", "model": "translate-luong", "sample-translation": "1", "step": "2"},
    ),
    "image": Link(
        "image?model=cifar-vit&sample=chelsea.jpg&layer=2&who=point&down=0.25&across=0.75", "image-look-figure1",
        lambda page: choose(page, "image-head", "Head 1"),
        {"model": "cifar-vit", "sample": "chelsea.jpg", "layer": "2", "who": "point", "down": "0.25", "head": "1"},
    ),
    "series": Link(
        "series?sample=taxi&head=1&step=4", "series-steps-figure", pressed("series-step", "ArrowRight"),
        {"sample": "taxi", "head": "1", "step": "5"},
    ),
    "mechanisms": Link(
        "mechanisms?mechanism=local-m&other=scaled-dot&source=matrices", "mechanisms-difference-figure",
        pressed("mechanisms-reach", "ArrowLeft"), {"mechanism": "local-m", "other": "scaled-dot", "source": "matrices"},
    ),
}  # fmt: skip


@pytest.fixture
def elsewhere(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1000, "height": 800})
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    yield opened
    context.close()


@pytest.mark.parametrize("name", further(LINKS, ("text", "image", "mechanisms")))
def test_an_address_shows_the_same_in_a_second_browser_and_back_and_forward_keep_to_it(
    page: Page, url: str, elsewhere: Page, name: str
) -> None:
    link = LINKS[name]
    page.goto(f"{url}/{link.address}")
    figure(page, link.drawn)
    quiet(page)
    first, before = page.evaluate(READ), page.url
    link.act(page)
    quiet(page)
    second, after = page.evaluate(READ), page.url
    assert second != first
    asked = {key: value for key, (value,) in parse_qs(urlsplit(after).query).items()}
    assert link.says.items() <= asked.items()

    elsewhere.goto(after)
    figure(elsewhere, link.drawn)
    quiet(elsewhere)
    expect(elsewhere.get_by_text("cannot be followed")).to_have_count(0)
    assert elsewhere.url == after
    assert elsewhere.evaluate(READ) == second

    page.go_back()
    quiet(page)
    assert (page.url, page.evaluate(READ)) == (before, first)
    page.go_forward()
    quiet(page)
    assert (page.url, page.evaluate(READ)) == (after, second)


def test_a_sentence_of_ones_own_goes_into_the_link_that_is_copied_and_not_into_the_address(
    page: Page, url: str, elsewhere: Page
) -> None:
    page.goto(f"{url}/mechanisms?mechanism=dot")
    figure(page, "mechanisms-map-figure")
    quiet(page)
    expect(page.get_by_text("Copy link with my text")).to_have_count(0)
    box = page.locator(".st-key-mechanisms-sentence input")
    box.fill("rain & snow")
    box.press("Enter")
    quiet(page)
    assert "rain" not in page.url
    page.get_by_role("button", name="Copy link with my text").click()
    elsewhere.goto(page.locator(".st-key-mechanisms-link code, [data-testid=stPopoverBody] code").first.inner_text())
    figure(elsewhere, "mechanisms-map-figure")
    quiet(elsewhere)
    assert elsewhere.locator(".st-key-mechanisms-sentence input").input_value() == "rain & snow"
    assert elsewhere.evaluate(READ)[0] == page.evaluate(READ)[0]
