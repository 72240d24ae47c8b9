"""Translation as a visitor meets it: read, step through, write something else, switch the mechanism, compare."""

import re

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from attnviz import load
from attnviz.explain.sides import by_side
from attnviz.nets import Translator
from attnviz.translate import Translation, translate
from tests.browser.reading import ask_for, choose, figure, heat, quiet

SENTENCE = "Le chat noir dort sur la chaise."
MAP = "translation-map-figure"


@pytest.fixture
def opened(page: Page, url: str) -> Page:
    page.goto(url)
    figure(page, "text-map-figure")
    ask_for(page, "Translation")
    box = page.locator(".st-key-text-input-translation textarea")
    box.fill(SENTENCE)
    box.press("Control+Enter")
    quiet(page)
    figure(page, MAP)
    return page


def expected(name: str, beginning: str = "") -> Translation:
    model = load(name)
    assert isinstance(model, Translator)
    return translate(model, SENTENCE, beginning)


def by_word(found: Translation, layer: str = "attention") -> np.ndarray:
    return by_side(found.tape[layer], found.words, found.encoded.words).dense()


def output(page: Page) -> list[str]:
    return page.locator(".st-key-translation-output .sentence button span").all_inner_texts()


def test_the_map_is_that_of_the_translation_which_is_shown(opened: Page) -> None:
    found = expected("translate-bahdanau")
    assert output(opened) == [word.text for word in found.words]
    assert np.abs(heat(opened, MAP) - by_word(found)).max() < 1e-4


def test_a_visitor_steps_through_it_by_keyboard_and_by_click(opened: Page) -> None:
    found = expected("translate-bahdanau")
    opened.locator(".st-key-translation-step input[type=range]").press("ArrowRight")
    quiet(opened)
    expect(opened.get_by_text(f"The source as “{found.words[1].text}” saw it")).to_be_visible()
    opened.locator(".st-key-translation-output .sentence button").nth(2).click()
    quiet(opened)
    expect(opened.get_by_text(f"The source as “{found.words[2].text}” saw it")).to_be_visible()
    seen = opened.locator(".st-key-translation-source .sentence button small").all_inner_texts()
    assert np.abs(np.array(seen, dtype=float) - by_word(found)[2]).max() < 0.006


def test_another_word_can_be_written_and_the_model_goes_on(opened: Page) -> None:
    before = output(opened)
    button = opened.locator(".st-key-translation-instead-1 button")
    word = button.inner_text()
    button.click()
    quiet(opened)
    assert output(opened) != before
    assert "".join(output(opened)).startswith(word)
    beginning = opened.locator(".st-key-translation-prefix input")
    beginning.fill("On the chair")
    beginning.press("Enter")
    quiet(opened)
    assert output(opened)[:3] == ["On", "the", "chair"]
    assert output(opened) == [word.text for word in expected("translate-bahdanau", "On the chair").words]


def test_another_mechanism_draws_its_own_map(opened: Page) -> None:
    choose(opened, "text-model", "French to English: Luong")
    assert np.abs(heat(opened, MAP) - by_word(expected("translate-luong"))).max() < 1e-4
    choose(opened, "text-model", "French to English: local-p")
    found = expected("translate-local")
    assert np.abs(heat(opened, MAP) - by_word(found)).max() < 1e-4
    windows = figure(opened, MAP).evaluate("figure => figure.layout.shapes.length")
    assert windows == 1 + 2 * len(found.words)


def test_the_transformer_shows_three_kinds_of_map(opened: Page) -> None:
    choose(opened, "text-model", "French to English: Transformer")
    found = expected("translate-transformer")
    for label, length in (("Output looks at itself", len(found.words)), ("Source looks at itself", len(found.encoded.words))):
        opened.locator(".st-key-translation-kind").get_by_text(label).click()
        quiet(opened)
        assert heat(opened, MAP).shape == (length, length)
    opened.locator(".st-key-translation-kind").get_by_text("Output looks at source").click()
    quiet(opened)
    choose(opened, "translation-layer", "1")
    choose(opened, "translation-head", "Head 2")
    m = found.tape["decoder.1.cross_attention"].at_head(2)
    assert np.abs(heat(opened, MAP) - by_side(m, found.words, found.encoded.words).dense()).max() < 1e-4


def test_another_beam_can_be_looked_at(opened: Page) -> None:
    found = expected("translate-bahdanau")
    opened.locator("[data-testid=stRadioOption]").nth(1).click()
    quiet(opened)
    expect(opened.get_by_text(re.compile("^Translation:"))).to_contain_text(found.texts[1])


def test_two_mechanisms_stand_side_by_side_with_their_difference(opened: Page) -> None:
    choose(opened, "compare-translation", "French to English: Luong")
    first, second = heat(opened, "compare-translate-bahdanau"), heat(opened, "compare-translate-luong")
    assert np.abs(first - by_word(expected("translate-bahdanau"))).max() < 1e-4
    assert np.abs(heat(opened, "compare-difference") - (first - second)).max() < 1e-4
    assert np.abs(first - second).max() > 1e-3


def test_choices_stay_while_another_page_is_open(opened: Page) -> None:
    choose(opened, "text-model", "French to English: Transformer")
    choose(opened, "translation-layer", "1")
    choose(opened, "translation-head", "Head 3")
    before = heat(opened, MAP)
    opened.get_by_role("link", name="Image").click()
    figure(opened, "gates-0")
    opened.get_by_role("link", name="Text").click()
    figure(opened, MAP)
    quiet(opened)
    assert np.array_equal(heat(opened, MAP), before)
