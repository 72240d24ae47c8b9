"""Hidden words, and texts that a model did not learn from, as a visitor meets them."""

import re

from playwright.sync_api import Page, expect

from tests.browser.reading import ask_for, figure, quiet, write_sentence


def test_a_blank_is_filled_in(page: Page, url: str) -> None:
    page.goto(url)
    ask_for(page, "Words")
    expect(page.get_by_text("Hidden is “movie”")).to_be_visible()
    write_sentence(page, "I drink a cup of coffee every morning.")
    quiet(page)
    page.locator(".st-key-text-gap").get_by_text("coffee", exact=True).click()
    quiet(page)
    expect(page.get_by_text("Hidden is “coffee”: guess number")).to_be_visible(timeout=60_000)
    quiet(page)
    bars = figure(page, "text-decision").evaluate("figure => Array.from(figure._fullData[0].y)")
    assert {"coffee", "tea"} <= {str(label).split(" ")[0] for label in bars}
    assert figure(page, "text-heads-figure").count() == 1
    expect(page).to_have_url(f"{url}/?task=words&gap=5")


def test_french_given_to_the_english_sentiment_is_answered_and_said_to_be_french(page: Page, url: str) -> None:
    page.goto(url)
    write_sentence(page, "Ce film est une merveille et je le reverrai avec plaisir.")
    expect(page.get_by_text("This reads like French, and the model learned from film reviews in English alone")).to_be_visible()
    expect(page.get_by_text("Decision:")).to_be_visible()


def test_german_given_to_the_french_translator_is_answered_and_said_to_be_german(page: Page, url: str) -> None:
    page.goto(url)
    ask_for(page, "Translation")
    box = page.locator(".st-key-text-input-translation textarea")
    box.fill("Ich habe gestern meinen Schlüssel verloren.")
    box.press("Control+Enter")
    quiet(page)
    expect(page.get_by_text("This reads like German, and the model learned from short French sentences")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^Translation: \w+"))).to_be_visible()
