"""One exhibit in the whole window: by the address and by its button, with the keys, in the light and in the dark."""

import re
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from attnviz import load, predict
from tests.browser.conftest import PATIENCE
from tests.browser.reading import figure, heat, quiet

SIZE = {"width": 1280, "height": 720}
SENTENCE = "A gorgeous, witty, seductive movie."
# The contrast of each text on the stage with what lies behind it: colours of letters and grounds, blended as they lie (WCAG 2).
CONTRASTS = """() => {
  const parse = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const over = ([r, g, b, a = 1], ground) => [r, g, b].map((each, i) => a * each + (1 - a) * ground[i]);
  const light = (colour) => colour.map((each) => each / 255)
    .map((each) => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4)
    .reduce((sum, each, i) => sum + each * [0.2126, 0.7152, 0.0722][i], 0);
  const page = parse(getComputedStyle(document.querySelector('.stApp')).backgroundColor).slice(0, 3);
  const found = [];
  const visit = (element, ground) => {
    const style = getComputedStyle(element);
    if (style.visibility === 'hidden' || style.display === 'none') return;
    if (element.classList.contains('textpoint')) return; // stands on a drawn cell, against which test_dressed holds it
    const here = style.backgroundColor === 'rgba(0, 0, 0, 0)' ? ground : over(parse(style.backgroundColor), ground);
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (own && element.localName !== 'style') {
      const ink = element.namespaceURI.endsWith('svg') ? parse(style.fill) : parse(style.color);
      const [a, b] = [light(over(ink, here)), light(here)].sort((x, y) => y - x);
      found.push([element.textContent.trim().slice(0, 30), (a + 0.05) / (b + 0.05), element.getBoundingClientRect().height]);
    }
    for (const child of element.children) visit(child, here);
    for (const child of element.shadowRoot?.children ?? []) visit(child, here);
  };
  visit(document.querySelector('.st-key-stage'), page);
  return found;
}"""


@pytest.fixture(params=["light", "dark"])
def room(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=SIZE, color_scheme=request.param)
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE)
    yield opened
    context.close()


def walk(page: Page) -> Locator:
    """What is walked along, as the bar says it."""
    return page.locator(".st-key-text-bar .walk b")


def test_arrow_keys_walk_through_layers_and_heads_and_escape_leaves(page: Page, url: str) -> None:
    page.set_viewport_size(SIZE)
    page.goto(f"{url}/?stage=1&layer=2&head=3")
    figure(page, "text-map-figure")
    quiet(page)
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowUp", "ArrowDown"):
        page.keyboard.press(key)
    expect(page).to_have_url(re.compile("layer=3&head=5"), timeout=PATIENCE)
    quiet(page)
    assert walk(page).all_inner_texts() == ["Layer 3", "Head 5"]
    expect(page.locator(".st-key-stage h3")).to_have_text("Layer 3, head 5: who looks where")
    expect(page.locator(".st-key-stage [data-testid=stCaptionContainer]")).to_contain_text("Layer 3, head 5 of sentiment-minilm")
    tape = predict(load("sentiment-minilm"), SENTENCE).tape
    assert np.abs(heat(page, "text-map-figure") - tape[tape.layers[3]].head(5)).max() < 1e-5
    page.get_by_role("button", name="Layer, one on").click()
    expect(page).to_have_url(re.compile("layer=4&head=5"), timeout=PATIENCE)
    for part in ("stSidebar", "stHeader"):
        expect(page.get_by_test_id(part)).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("stSidebar")).to_be_visible()
    quiet(page)
    assert page.url.endswith("/?layer=4&head=5")
    assert np.abs(heat(page, "text-map-figure") - tape[tape.layers[4]].head(5)).max() < 1e-5


def test_any_exhibit_is_put_on_the_stage_by_its_button_and_steps_are_walked(page: Page, url: str) -> None:
    page.set_viewport_size(SIZE)
    page.goto(f"{url}/series")
    figure(page, "series-forecast-figure")
    quiet(page)
    page.locator(".st-key-series-steps-stage button").first.click()
    quiet(page)
    assert "stage=1&exhibit=steps" in page.url
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("step=2"), timeout=PATIENCE)
    expect(page.locator(".st-key-stage [data-testid=stCaptionContainer]")).to_contain_text("Framed: step +2.")
    page.keyboard.press("Escape")
    expect(page).to_have_url(f"{url}/series?step=2", timeout=PATIENCE)


def test_a_stage_for_what_is_not_here_is_said_and_the_page_is_shown(page: Page, url: str) -> None:
    page.goto(f"{url}/?stage=1&exhibit=nothing")
    figure(page, "text-map-figure")
    expect(page.get_by_text("The stage was to show “nothing”, which is not among the exhibits here")).to_be_visible()
    expect(page.get_by_test_id("stSidebar")).to_be_visible()


@pytest.mark.parametrize(
    ("address", "drawn"),
    [
        ("?stage=1", "text-map-figure"), ("image?stage=1", "image-gates-0-figure1"),
        pytest.param("?stage=1&exhibit=words&lock=2", "", marks=pytest.mark.thorough),
        pytest.param("?stage=1&exhibit=words&model=sentiment-hard", "", marks=pytest.mark.thorough),
        pytest.param("mechanisms?stage=1&source=matrices", "mechanisms-map-figure", marks=pytest.mark.thorough),
    ],
)  # fmt: skip
def test_all_that_is_written_is_large_and_has_a_contrast_of_seven_and_fits_the_window(
    room: Page, url: str, address: str, drawn: str
) -> None:
    room.goto(f"{url}/{address}")
    if drawn:
        figure(room, drawn)
    room.locator(".st-key-stage button").first.wait_for()
    quiet(room)
    found = room.evaluate(CONTRASTS)
    assert len(found) > 5
    assert not [each for each in found if each[1] < 7]
    box = room.locator(".st-key-stage .bar").bounding_box()
    assert box
    assert box["y"] + box["height"] <= SIZE["height"]
    size = room.locator(".st-key-stage [data-testid=stCaptionContainer] p").first.evaluate(
        "p => parseFloat(getComputedStyle(p).fontSize)"
    )
    assert size >= SIZE["height"] / 34
