"""Translation as a visitor meets it: read, step through, write something else, switch the mechanism, compare, link."""

import re
from urllib.parse import urlencode

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from attnviz import Translation, load, translate
from attnviz.explain.sides import by_side
from attnviz.nets import Translator
from tests.browser.reading import choose, figure, heat, quiet

SENTENCE = "Le chat noir dort sur la chaise."
MAP = "text-map-figure"


def goto(page: Page, url: str, text: str = SENTENCE, **choices: str) -> Page:
    page.goto(f"{url}/?{urlencode({'task': 'translation', 'text-translation': text} | choices)}")
    figure(page, MAP)
    quiet(page)
    return page


@pytest.fixture
def opened(page: Page, url: str) -> Page:
    return goto(page, url)


def expected(name: str, beginning: str = "", text: str = SENTENCE) -> Translation:
    model = load(name)
    assert isinstance(model, Translator)
    return translate(model, text, beginning)


def by_word(found: Translation) -> np.ndarray:
    m = found.tape[found.aligner]
    return by_side(m, found.words, found.encoded.words).dense()


def output(page: Page) -> list[str]:
    return page.locator(".st-key-text-output-figure .sentence button span").all_inner_texts()


def test_the_map_is_that_of_the_translation_which_is_shown_and_a_visitor_steps_through_it(opened: Page) -> None:
    found = expected("translate-bahdanau")
    assert output(opened) == [word.text for word in found.words]
    assert np.abs(heat(opened, MAP) - by_word(found)).max() < 1e-4
    opened.locator(".st-key-text-step input[type=range]").press("ArrowRight")
    quiet(opened)
    expect(opened.get_by_text(f"The source as step 2 saw it, which wrote “{found.tokens[1]}”")).to_be_visible()
    word = found.words[2]
    opened.locator(".st-key-text-output-figure .sentence button").nth(2).click()
    quiet(opened)
    step = word.positions[0]
    expect(opened.get_by_text(f"The source as step {step + 1} saw it")).to_be_visible()
    seen = opened.locator(".st-key-text-source-figure .sentence button small").all_inner_texts()
    m = found.tape[found.aligner].dense()[step]
    sums = [m[list(each.positions)].sum() for each in found.encoded.words]
    assert np.abs(np.array(seen, dtype=float) - sums).max() < 0.006
    assert f"step={step + 1}" in opened.url


def test_another_word_can_be_written_and_the_model_goes_on(opened: Page) -> None:
    before = output(opened)
    button = opened.locator(".st-key-text-instead-1 button")
    word = button.inner_text()
    button.click()
    quiet(opened)
    assert output(opened) != before
    assert "".join(output(opened)).startswith(word)
    beginning = opened.locator(".st-key-text-begin input")
    beginning.fill("On the chair")
    beginning.press("Enter")
    quiet(opened)
    assert output(opened) == [word.text for word in expected("translate-bahdanau", "On the chair").words]


def test_another_mechanism_draws_its_own_map_and_another_beam_can_be_looked_at(opened: Page) -> None:
    choose(opened, "text-model", "French to English: local-p")
    found = expected("translate-local")
    assert np.abs(heat(opened, MAP) - by_word(found)).max() < 1e-4
    windows = figure(opened, MAP).evaluate("figure => figure.layout.shapes.length")
    assert windows == 1 + 2 * len(found.words)
    choose(opened, "text-beam", 1)
    expect(opened.get_by_text(re.compile("^Translation:"))).to_contain_text(found.texts[1])
    assert "beam=1" in opened.url


def test_the_transformer_shows_its_heads_and_both_sides_and_an_address_holds_which(page: Page, url: str) -> None:
    found = expected("translate-transformer")
    for view, length in (("writing", len(found.words)), ("reading", len(found.encoded.words))):
        goto(page, url, model="translate-transformer", view=view)
        assert heat(page, MAP).shape == (length, length)
    goto(page, url, model="translate-transformer", view="cross-heads", layer="1", head="2")
    m = found.tape["decoder.1.cross_attention"].at_head(2)
    assert np.abs(heat(page, MAP) - by_side(m, found.words, found.encoded.words).dense()).max() < 1e-4


def test_two_mechanisms_stand_side_by_side_with_their_difference(page: Page, url: str) -> None:
    goto(page, url, other="translate-luong")
    first, second = heat(page, "text-share-first-figure"), heat(page, "text-share-second-figure")
    assert np.abs(first - by_word(expected("translate-bahdanau"))).max() < 1e-4
    assert np.abs(heat(page, "text-difference-figure") - (first - second)).max() < 1e-4
    assert np.abs(first - second).max() > 1e-3


def test_two_sentences_are_translated_one_by_one_and_a_new_one_begins_at_its_first_step(page: Page, url: str) -> None:
    goto(page, url, f"{SENTENCE} Il pleut.", step="3", sentence="2")
    second = expected("translate-bahdanau", text="Il pleut.")
    assert output(page) == [word.text for word in second.words]
    expect(page.get_by_text(re.compile("^Translation:"))).to_contain_text(expected("translate-bahdanau").text)
    box = page.locator(".st-key-text-input-translation textarea")
    box.fill("Il neige.")
    box.press("Control+Enter")
    quiet(page)
    expect(page.get_by_text("The source as step 1 saw it")).to_be_visible()
    assert output(page) == [word.text for word in expected("translate-bahdanau", text="Il neige.").words]
