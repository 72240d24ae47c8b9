"""Whether a map explains: the verdict, whose numbers are those of the shell, and a word that a click takes away."""

import re

import pytest
from playwright.sync_api import Page, expect
from typer.testing import CliRunner

from attnviz.cli import app
from tests.browser.reading import figure, quiet, write_sentence

ASK = "Does this map explain the decision?"
SENTENCE = "the film is a slow but honest look at war that nobody who has seen it will ever forget"


@pytest.fixture
def opened(page: Page, url: str) -> Page:
    page.goto(url)
    figure(page, "text-map-figure")
    write_sentence(page, SENTENCE)
    return page


def test_the_verdict_is_that_of_the_shell_and_is_asked_for_each_sentence_anew(opened: Page) -> None:
    page = opened
    page.get_by_role("button", name=ASK).click()
    expect(page.get_by_role("row").filter(has_text="occlusion")).to_be_visible()
    said = CliRunner().invoke(app, ["explain", "sentiment-minilm", "--text", SENTENCE]).stdout
    for line in said.splitlines()[1:]:
        method, _, verdict = line.partition(": ")
        moved = re.findall(r"by (-?[\d.]+);", verdict)[0]
        row = page.get_by_role("row").filter(has=page.get_by_role("cell", name=method, exact=True))
        assert abs(float(row.locator("td").nth(1).inner_text()) - float(moved)) <= 0.001
    write_sentence(page, "A dull, lifeless mess that nobody will ever want to see again.")
    expect(page.get_by_role("button", name=ASK)).to_be_visible()


def test_a_click_takes_a_word_away_and_a_button_gives_it_back(opened: Page) -> None:
    page = opened
    page.locator(".st-key-text-click").get_by_text("takes it away").click()
    quiet(page)
    words = page.locator(".sentence button")
    names = words.locator("span").all_inner_texts()
    words.nth(names.index("slow")).click()
    expect(page.get_by_text(re.compile(r"^Taken away: “\w+” had 0\.\d+ and has 0\.\d+ without"))).to_be_visible()
    quiet(page)
    assert f"hidden={names.index('slow')}" in page.url
    assert "slow" not in words.locator("span").all_inner_texts()
    page.get_by_role("button", name="“slow”").click()
    quiet(page)
    assert "slow" in words.locator("span").all_inner_texts()
