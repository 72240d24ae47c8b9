"""The Mechanisms page, as a visitor uses it: sliders of each family, the sentence, two compared, points, the learned width."""

import re

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.reading import choose, figure, heat, quiet

NUMBERS = "figure => JSON.stringify(figure.data.map(trace => [trace.z, trace.y].map(v => JSON.stringify(v))))"
FIGURE = "mechanisms-map-figure"
SLOW = 30_000
# One mechanism of each family, a control whose other end must change the figure, and where that stands: behind the photo, if any.
SLIDERS = [
    ("masked-softmax", "temperature", FIGURE),
    ("local-m", "reach", FIGURE),
    ("categorical", "draw", FIGURE),
    ("learned-context", "units", FIGURE),
    ("sliding-window", "reach", FIGURE),
    ("sinusoids", "amount", FIGURE),
    ("cbam-spatial", "seed", FIGURE + "1"),
]


def opened(page: Page, url: str, name: str) -> None:
    page.goto(f"{url}/mechanisms?mechanism={name}")
    figure(page, FIGURE)
    quiet(page)


def told(page: Page) -> str:
    """The caption of the first figure."""
    return page.locator(".st-key-mechanism-bench [data-testid=stCaptionContainer]", has_text="sums to 1").first.inner_text()


def slider(page: Page, name: str, control: str) -> Locator:
    return page.locator(f".st-key-mechanisms-{control} input[type=range]")


def slide(page: Page, name: str, control: str, key: str, times: int = 1) -> None:
    """Moves a slider with the keyboard."""
    for _ in range(times):
        slider(page, name, control).press(key)
    quiet(page)


def test_a_slider_of_each_family_changes_the_figure_and_no_other_visit_is_needed(page: Page, url: str) -> None:
    opened(page, url, SLIDERS[0][0])
    for name, control, shown in SLIDERS:
        card = page.locator(f'.family button[data-name="{name}"]')
        card.click()
        expect(card).to_have_attribute("aria-pressed", "true", timeout=SLOW)
        quiet(page)
        expect(slider(page, name, control)).to_have_count(1, timeout=SLOW)
        before = figure(page, shown).evaluate(NUMBERS)
        slide(page, name, control, "Home")
        if figure(page, shown).evaluate(NUMBERS) == before:  # it began at its lower end
            slide(page, name, control, "End")
        assert figure(page, shown).evaluate(NUMBERS) != before, name


def test_temperature_goes_from_soft_to_hard_in_figure_and_caption(page: Page, url: str) -> None:
    opened(page, url, "scaled-dot")
    spreads = []
    for key in ("End", "Home"):
        slide(page, "scaled-dot", "temperature", key)
        found = re.search(r"spreads over ([\d.]+) on average", told(page))
        assert found
        spreads.append((float(found[1]), heat(page, FIGURE).max(1).mean()))
    (soft, low), (hard, high) = spreads
    assert soft > 2 * hard
    assert low < 0.5 < high


def test_the_sentence_is_edited_and_two_mechanisms_look_at_it(page: Page, url: str) -> None:
    opened(page, url, "dot")
    box = page.locator(".st-key-mechanisms-sentence input")
    box.fill("rain and <b>snow</b>")
    box.press("Enter")
    quiet(page)
    first = heat(page, FIGURE)
    assert "<b>" not in page.locator(".js-plotly-plot svg").first.inner_html()
    choose(page, "mechanisms-other", "Scaled dot product")
    figure(page, "mechanisms-difference-figure")
    second = heat(page, "mechanisms-other-map-figure")
    assert first.shape == second.shape == (len(first), len(first))
    assert np.abs(heat(page, FIGURE) - first).max() < 1e-6
    assert np.abs(heat(page, "mechanisms-difference-figure") - (first - second)).max() < 1e-6


def test_a_point_is_dragged_and_moved_by_keys_and_the_width_is_learned(page: Page, url: str) -> None:
    opened(page, url, "nadaraya-watson")
    said = page.locator("[data-testid=stCaptionContainer]", has_text="Drag a point")
    before, grip = said.inner_text(), page.locator("circle.grip").nth(9)
    grip.scroll_into_view_if_needed()
    box = grip.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    label = grip.get_attribute("aria-label")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 10, y - 40, steps=4)
    page.mouse.up()
    expect(said).not_to_have_text(before, timeout=SLOW)
    quiet(page)
    assert grip.get_attribute("aria-label") != label
    before, label = said.inner_text(), grip.get_attribute("aria-label")
    grip.press("ArrowDown")
    expect(said).not_to_have_text(before, timeout=SLOW)
    quiet(page)
    assert grip.get_attribute("aria-label") != label
    weights = heat(page, FIGURE)
    page.locator(".st-key-mechanisms-learn button").click()
    learned = page.get_by_text(re.compile("^Learned width:"))
    expect(learned).to_be_visible(timeout=SLOW)
    quiet(page)
    width = re.search(r"Learned width: ([\d.]+)", learned.inner_text())
    assert width
    assert float(slider(page, "nadaraya-watson", "width").input_value()) == pytest.approx(float(width[1]), abs=0.01)
    assert np.abs(heat(page, FIGURE) - weights).max() > 1e-3


def test_the_formula_is_drawn_without_the_network_and_the_page_fits_a_phone(page: Page, url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, url, "multi-head")
    expect(page.locator(".st-key-mechanism-bench .katex-html").first).to_be_visible(timeout=SLOW)
    assert page.evaluate("document.fonts.check('16px KaTeX_Main')")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def in_sight(page: Page) -> bool:
    """Whether what is open begins within the upper half of the window."""
    page.wait_for_timeout(1500)
    top = page.locator(".st-key-mechanism-bench").bounding_box()
    return top is not None and -5 <= top["y"] < 450


def test_what_a_card_or_an_address_opens_comes_into_view_and_back_works_after_two_cards(page: Page, url: str) -> None:
    page.goto(f"{url}/mechanisms")
    figure(page, FIGURE)
    quiet(page)
    for name in ("cosine", "general"):
        page.locator(f'.family button[data-name="{name}"]').click()
        quiet(page)
        expect(page.locator(f'.family button[data-name="{name}"]')).to_have_attribute("aria-pressed", "true", timeout=SLOW)
        assert in_sight(page)
        assert page.url.endswith(f"?mechanism={name}")
    page.go_back()
    expect(page.locator('.family button[data-name="cosine"]')).to_have_attribute("aria-pressed", "true", timeout=SLOW)
    quiet(page)
    assert page.url.endswith("?mechanism=cosine")
    expect(page.locator(".st-key-mechanism-bench [data-testid=stCaptionContainer]", has_text="Cosine").first).to_be_visible()
    opened(page, url, "eca")
    assert in_sight(page)


def test_a_page_that_is_opened_while_mechanisms_still_run_draws_its_figure(page: Page, url: str) -> None:
    page.goto(f"{url}/mechanisms?mechanism=multi-head&other=rotary")
    page.locator(".family button").first.wait_for()
    page.get_by_role("link", name="Series").click()
    figure(page, "series-forecast-figure")
    quiet(page)
    assert page.url.split("?")[0].endswith("/series")


def test_a_trained_model_of_a_mechanism_opens_on_its_own_page(page: Page, url: str) -> None:
    opened(page, url, "local-p")
    page.locator(".st-key-mechanism-open-translate-local button").first.click()
    figure(page, "text-map-figure")
    quiet(page)
    assert "model=translate-local" in page.url
    assert "task=translation" in page.url
