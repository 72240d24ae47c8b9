"""axe-core finds nothing serious and nothing critical on any page, in the light and in the dark, at a desk and on a phone."""

import re

import pytest
from playwright.sync_api import Page

from tests.browser.reading import further, quiet

Axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not installed (requirements-dev.txt)").Axe
SIZES = ((1280, 720), (390, 844))
GROUND = "getComputedStyle(document.querySelector('.stApp')).backgroundColor"
# What is Streamlit's own and cannot be mended from here: rule -> the beginning of its element, and why it stays.
STREAMLITS = {
    "scrollable-region-focusable": (
        '<div data-testid="stPopoverBody"',
        "the body of a popover is scrolled where it is taller than the window and has no tabindex; browsers give the focus to it",
    )
}
# Its address, what must be drawn first, and what is opened before one looks.
PAGES = {
    "text": ("", "text-map-figure", ("Save",)),
    "picked words": ("?model=sentiment-hard&lock=2", "text-spread-figure", ()),
    "translation": ("?task=translation", "text-map-figure", ("Receipt",)),
    "a word is hidden": ("?task=words", "text-decision", ()),
    "places of a photo": ("image", "image-gates-0-figure1", ("More",)),
    "channels of a photo": ("image?view=channel", "image-gates-figure", ()),
    "who looks where in a photo": ("image?model=cifar-vit", "image-look-figure1", ()),
    "series": ("series", "series-forecast-figure", ("Session",)),
    "which maps explain": ("explained", "", ()),
    "mechanisms": ("mechanisms", "mechanisms-map-figure", ()),
    "points": ("mechanisms?mechanism=nadaraya-watson", "mechanisms-map-figure", ()),
    "two mechanisms": ("mechanisms?other=additive", "mechanisms-difference-figure", ()),
    "about": ("about", "", ()),
    "stage": ("?stage=1", "text-map-figure", ()),
}


OFTEN = ("text", "places of a photo", "series", "mechanisms", "stage")


def bright(colour: str) -> float:
    """The mean of red, green and blue, from 0 to 1."""
    return sum(float(part) for part in re.findall(r"[\d.]+", colour)[:3]) / 765


@pytest.mark.parametrize("name", further(PAGES, OFTEN))
def test_axe_finds_nothing_serious_in_light_and_dark_at_a_desk_and_on_a_phone(page: Page, url: str, name: str) -> None:
    address, drawn, opened = PAGES[name]
    page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})
    page.goto(f"{url}/{address}")
    page.locator(f".st-key-{drawn} .js-plotly-plot" if drawn else "[data-testid=stMainBlockContainer] h1").first.wait_for()
    quiet(page)
    for label in opened:
        page.locator("[data-testid=stPopover] button").filter(has_text=label).first.click()
        quiet(page)
    found, grounds = set(), []
    for colours in ("light", "dark"):
        page.emulate_media(color_scheme=colours)  # type: ignore[arg-type]
        quiet(page)
        grounds.append(bright(page.evaluate(GROUND)))
        assert page.get_by_test_id("stException").count() == 0
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(500)
            quiet(page)
            for rule in Axe().run(page).response["violations"]:
                if rule["impact"] in ("serious", "critical"):
                    own = STREAMLITS.get(rule["id"], ("nothing", ""))[0]
                    nodes = [node["html"][:200] for node in rule["nodes"] if not node["html"].startswith(own)]
                    found |= {(colours, width, rule["id"], node) for node in nodes}
    assert grounds[0] > 0.9
    assert grounds[1] < 0.2
    assert found == set()
