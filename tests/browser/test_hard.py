"""Soft and hard attention on the Text page, as a visitor uses them."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.reading import bars, choose, decision, figure, heat, mapped, quiet, write_sentence

SENTENCE = "The plot is thin, but the actors are so charming that nobody will mind."
PLAIN = "a slow film that has nothing to say"  # every word is one token
SOFT, HARD = "Sentiment: LSTM with soft attention", "Sentiment: hard attention"
READ = "figure => figure.data.map(trace => [trace.x, trace.y, trace.marker.symbol, trace.marker.color].map(v => JSON.stringify(v)))"


def open_model(page: Page, url: str, model: str, text: str) -> None:
    page.goto(url)
    figure(page, "text-map-figure")
    choose(page, "text-model", model)
    write_sentence(page, text)


def type_seed(page: Page, seed: int) -> None:
    box = page.locator(".st-key-text-seed input")
    box.fill(str(seed))
    box.press("Enter")
    quiet(page)


def resample(page: Page) -> None:
    page.locator(".st-key-text-resample").get_by_role("button", name="Resample").click()
    quiet(page)


def picked(page: Page) -> list[str]:
    return page.locator(".sentence button.picked span").all_inner_texts()


def seen(page: Page) -> str:
    """The words that the classifier is said to have seen."""
    return page.get_by_text(re.compile("^It saw “")).inner_text().partition("“")[2].partition("”.")[0]


def picture(page: Page) -> Any:
    """Everything that a draw changes: decision, filled words, what was seen, figures."""
    figures = [figure(page, key).evaluate(READ) for key in ("text-odds-figure", "text-seen-figure", "text-decision")]
    said = re.sub(r", in .*", "", decision(page, "text-decision"))  # without the milliseconds
    return json.dumps([said, picked(page), seen(page), figures])


def test_the_same_seed_draws_the_same_picture_and_another_seed_another(page: Page, url: str) -> None:
    open_model(page, url, HARD, SENTENCE)
    probable = picture(page)
    type_seed(page, 7)
    seven = picture(page)
    resample(page)
    assert page.locator(".st-key-text-seed input").input_value() == "8"
    eight = picture(page)
    type_seed(page, 7)
    assert picture(page) == seven
    resample(page)
    assert picture(page) == eight
    assert seven != eight
    page.locator(".st-key-text-picks").get_by_text("Most probable").click()
    quiet(page)
    assert picture(page) == probable


def test_the_classifier_saw_the_picked_words_and_none_of_the_others(page: Page, url: str) -> None:
    open_model(page, url, HARD, SENTENCE)
    type_seed(page, 8)
    words = page.locator(".sentence button span").all_inner_texts()
    taken = picked(page)
    assert 0 < len(taken) < len(words)
    assert seen(page) == " ".join(taken)
    left = [word for word in words if word not in taken]
    shown = " ".join(page.locator(".st-key-text-seen-figure .ytick text").all_text_contents())
    assert left
    assert not {word for word in left if word in seen(page).split() or word in shown.split()}


def test_odds_and_picks_are_those_that_the_shell_writes_for_the_seed(page: Page, url: str, tmp_path: Path) -> None:
    open_model(page, url, HARD, SENTENCE)
    type_seed(page, 8)
    written = mapped(tmp_path, "sentiment-hard", "--text", SENTENCE, "--seed", "8")
    odds, picks = (np.array(m["weights"]) for m in written["maps"][:2])
    assert np.abs(bars(page, "text-odds-figure") - odds).max() < 1e-5
    symbols = figure(page, "text-odds-figure").evaluate("figure => Array.from(figure.data[1].marker.symbol)")
    assert [symbol == "square" for symbol in symbols] == picks.astype(bool).tolist()
    assert written["seed"] == 8
    assert decision(page, "text-decision").startswith(f"Decision: {written['decision']}")
    page.get_by_text("Save", exact=True).nth(1).click()
    with page.expect_download() as download:
        page.locator(".st-key-text-odds-npz button").click()
    assert download.value.suggested_filename == "sentiment-hard-seed8-odds.npz"
    with np.load(Path(download.value.path())) as arrays:
        saved = json.loads(str(arrays["meta"]))
        assert [m["layer"] for m in saved["maps"]] == [m["layer"] for m in written["maps"]]
        for other in written["maps"]:  # in another process, with as many threads as it likes
            np.testing.assert_allclose(arrays[other["layer"]], other["weights"], atol=1e-6)
    assert {key: saved[key] for key in ("seed", "decision", "text")} == {key: written[key] for key in ("seed", "decision", "text")}
    assert saved["probabilities"] == pytest.approx(written["probabilities"], abs=1e-6)


def test_a_hundred_samples_are_counted_and_their_means_stand_against_the_odds(page: Page, url: str) -> None:
    open_model(page, url, HARD, SENTENCE)
    before = bars(page, "text-spread-figure")
    assert before.sum() == 100
    assert np.abs(bars(page, "text-means-figure") - bars(page, "text-odds-figure")).max() < 1e-6
    expect(page.get_by_text(re.compile(r"Of 100 draws \(seeds 0 to 99\)"))).to_be_visible()
    resample(page)
    assert bars(page, "text-spread-figure").tolist() == before.tolist()


def test_a_clicked_word_tells_what_picking_it_does(page: Page, url: str) -> None:
    open_model(page, url, HARD, SENTENCE)
    words = page.locator(".sentence button")
    position = words.locator("span").all_inner_texts().index("so")
    words.nth(position).click()
    quiet(page)
    expect(words.nth(position)).to_have_attribute("aria-pressed", "true")
    expect(
        page.get_by_text(re.compile(r"“so” has odds of 0\.\d{3}, and \d+ of 100 samples picked it: with it .* without it"))
    ).to_be_visible()


def test_the_seed_stays_while_another_page_is_open(page: Page, url: str) -> None:
    open_model(page, url, HARD, SENTENCE)
    type_seed(page, 8)
    drawn = picture(page)
    page.get_by_role("link", name="Image").click()
    figure(page, "image-gates-0-figure1")
    page.get_by_role("link", name="Text").click()
    figure(page, "text-odds-figure")
    quiet(page)
    assert page.locator(".st-key-text-seed input").input_value() == "8"
    assert picture(page) == drawn


def test_soft_weights_are_those_that_the_shell_writes(page: Page, url: str, tmp_path: Path) -> None:
    open_model(page, url, SOFT, PLAIN)
    written = mapped(tmp_path, "sentiment-soft", "--text", PLAIN)
    weights = np.array(written["maps"][0]["weights"])
    assert np.abs(bars(page, "text-weights-figure") - np.sort(weights)[::-1]).max() < 1e-5
    assert np.abs(heat(page, "text-row-figure") - weights).max() < 1e-5
    assert weights.sum() == pytest.approx(1, abs=1e-5)
    tints = [float(value) for value in page.locator(".sentence button small").all_inner_texts()]
    assert tints == pytest.approx(weights.tolist(), abs=0.0051)


def test_sub_words_of_soft_attention_merge_by_choice(page: Page, url: str, tmp_path: Path) -> None:
    open_model(page, url, SOFT, "unflinchingly good")
    tokens = np.array(mapped(tmp_path, "sentiment-soft", "--text", "unflinchingly good")["maps"][0]["weights"])
    assert heat(page, "text-row-figure")[0] == pytest.approx([tokens[:-1].sum(), tokens[-1]], abs=1e-5)
    page.get_by_role("button", name="More").click()
    page.wait_for_timeout(1000)  # the popover glides in
    page.locator(".st-key-text-merge input").press("Space")
    expect(page.locator(".sentence button")).to_have_count(len(tokens), timeout=20_000)
    quiet(page)
    assert heat(page, "text-row-figure")[0] == pytest.approx(tokens, abs=1e-5)


@pytest.mark.parametrize("model", [SOFT, HARD])
def test_markup_and_right_to_left_script_are_shown_as_text_and_the_page_fits_a_phone(page: Page, url: str, model: str) -> None:
    text = "<b>bold</b> *so* $5$ فيلم 😀 excellent, wonderful"
    open_model(page, url, model, text)
    expect(page.locator("[data-testid=stException]")).to_have_count(0)
    assert "".join(page.locator(".sentence button span").all_inner_texts()).replace(" ", "") == text.replace(" ", "")
    assert page.locator(".js-plotly-plot svg b").count() == 0
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(800)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
