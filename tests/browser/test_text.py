"""The Text page as a visitor uses it."""

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.reading import choose, decision, figure, heat, mapped, quiet, write_sentence

SENTENCE = "the film is a slow but honest look at war"


def test_first_paint_is_a_finished_example(page: Page, url: str) -> None:
    page.goto(url)
    assert re.search(r"positive with probability (> )?0\.\d{3}", decision(page, "text-decision"))
    assert heat(page, "text-map-figure").sum(1) == pytest.approx(1, abs=1e-4)
    layers, heads = 6, 12
    rows, columns = heat(page, "text-heads-figure").shape
    assert rows / layers == columns / heads


def test_a_typed_sentence_shows_the_numbers_that_the_shell_writes(page: Page, url: str, tmp_path: Path) -> None:
    page.goto(url)
    figure(page, "text-map-figure")
    write_sentence(page, SENTENCE)
    for layer, head in ((1, 4), (5, 11)):
        choose(page, "text-layer", str(layer))
        choose(page, "text-head", str(head))
        written = mapped(tmp_path, "sentiment-minilm", "--text", SENTENCE, "--layer", str(layer), "--head", str(head))
        expected = np.array(written["maps"][0]["weights"])
        assert heat(page, "text-map-figure").shape == expected.shape
        assert np.abs(heat(page, "text-map-figure") - expected).max() < 1e-5
    assert decision(page, "text-decision").startswith(f"Decision: {written['decision']}")


def test_another_layer_runs_no_model(page: Page, url: str) -> None:
    page.goto(url)
    figure(page, "text-map-figure")
    before = decision(page, "text-decision")
    choose(page, "text-layer", "5")
    expect(page.get_by_text(re.compile(r"^Layer 5, head \d+: who looks where"))).to_be_visible()
    assert decision(page, "text-decision") == before  # with its milliseconds


def test_a_new_sentence_is_sent_by_a_button_and_until_then_the_decision_is_marked_as_that_of_the_former(
    page: Page, url: str
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(url)
    figure(page, "text-map-figure")
    quiet(page)
    answer, note = page.locator(".st-key-text-answer"), page.get_by_text("Below is the answer for the former sentence")
    expect(note).to_be_hidden()
    page.locator(".st-key-text-input textarea").fill("A dull, lifeless mess.")
    expect(note).to_be_visible()
    expect(answer).to_have_css("opacity", "0.45")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text(re.compile("^Decision: negative"))).to_be_visible()
    expect(note).to_be_hidden()
    expect(answer).to_have_css("opacity", "1")


def test_a_link_opened_by_somebody_else_shows_the_same_numbers_without_the_visitors_text(
    page: Page, browser: Browser, url: str
) -> None:
    page.goto(url)
    figure(page, "text-map-figure")
    choose(page, "text-layer", "1")
    choose(page, "text-head", "7")
    page.locator(".sentence button").nth(3).click()
    quiet(page)
    assert page.url.startswith(f"{url}/?layer=1&head=7&lock=")
    shown = heat(page, "text-map-figure")
    context = browser.new_context()
    other = context.new_page()
    other.set_default_timeout(90_000)
    other.goto(page.url)
    assert np.array_equal(heat(other, "text-map-figure"), shown)
    expect(other.locator(".sentence button").nth(3)).to_have_attribute("aria-pressed", "true")
    context.close()
    write_sentence(page, SENTENCE)
    assert page.url == f"{url}/?layer=1&head=7"


CONTRAST = """buttons => {
  const light = c => c.map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const read = text => { const found = text.match(/[\\d.]+/g).map(Number); return [found.slice(0, 3), found[3] ?? 1]; };
  const [page] = read(getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor);
  return buttons.map(button => {
    const [tint, strength] = read(getComputedStyle(button).backgroundColor);
    const behind = light(page.map((v, i) => v * (1 - strength) + tint[i] * strength));
    const [ink] = read(getComputedStyle(button).color);
    const [low, high] = [behind, light(ink)].sort((a, b) => a - b);
    return (high + .05) / (low + .05);
  });
}"""


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_tinted_words_have_a_contrast_of_at_least_four_and_a_half(browser: Browser, url: str, colours: str) -> None:
    context = browser.new_context(color_scheme=colours)  # type: ignore[arg-type]
    page = context.new_page()
    page.set_default_timeout(90_000)
    page.goto(url)
    figure(page, "text-map-figure")
    found = page.locator(".sentence button").evaluate_all(CONTRAST)
    assert len(found) > 5
    assert min(found) >= 4.5
    context.close()


def test_a_clicked_word_shows_its_row(page: Page, url: str) -> None:
    page.goto(url)
    figure(page, "text-map-figure")
    words = page.locator(".sentence button")
    names = words.locator("span").all_inner_texts()
    position = names.index("witty")
    words.nth(position).click()
    quiet(page)
    expect(words.nth(position)).to_have_attribute("aria-pressed", "true")
    row = heat(page, "text-map-figure")[position]
    assert [float(value) for value in words.locator("small").all_inner_texts()] == pytest.approx(row.tolist(), abs=0.0051)
    figure(page, "text-looks-at-figure")
    figure(page, "text-looked-at-figure")
    words.nth(position).press("Enter")
    quiet(page)
    expect(words.nth(position)).to_have_attribute("aria-pressed", "false")


def test_a_clicked_picture_opens_its_head(page: Page, url: str) -> None:
    page.goto(url)
    plot = figure(page, "text-heads-figure")
    quiet(page)
    plot.scroll_into_view_if_needed()
    place = plot.evaluate(
        "f => { const r = f.querySelector('.nsewdrag').getBoundingClientRect(); const a = f._fullLayout; "
        "return [r.x + a.xaxis.c2p(7 * 13 + 4), r.y + a.yaxis.c2p(4 * 13 + 4)]; }"
    )
    page.mouse.click(*place)
    quiet(page)
    expect(page.get_by_text("Layer 4, head 7: who looks where")).to_be_visible()


def test_sub_words_merge_and_special_tokens_hide_by_choice(page: Page, url: str) -> None:
    page.goto(url)
    figure(page, "text-map-figure")
    write_sentence(page, "unflinchingly good")
    words = page.locator(".sentence button")
    expect(words).to_have_count(4, timeout=60_000)
    page.get_by_role("button", name="More").click()
    page.wait_for_timeout(1000)  # the popover glides in
    expect(page.locator(".st-key-text-merge input")).to_be_checked()
    page.locator(".st-key-text-merge input").press("Space")
    expect(words).to_have_count(8, timeout=20_000)
    quiet(page)
    assert heat(page, "text-map-figure").shape == (8, 8)
    page.locator(".st-key-text-hide input").press("Space")
    expect(words).to_have_count(6, timeout=20_000)
    quiet(page)
    assert heat(page, "text-map-figure").sum(1).max() < 1
    expect(page.get_by_text(re.compile("Special tokens are hidden; they hold"))).to_be_visible()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("   ", "There is no text to read"),
        ("a word " * 20_000, "The limit is 100,000"),
        ("good " * 1000, "of 1,000 words were used"),
        ("fine\u0007 film", "1 character was left out"),
    ],
)
def test_text_that_cannot_be_taken_whole_is_said_in_a_sentence(page: Page, url: str, text: str, said: str) -> None:
    page.goto(url)
    figure(page, "text-map-figure")
    write_sentence(page, text)
    expect(page.get_by_text(re.compile(said, re.IGNORECASE)).first).to_be_visible()
    expect(page.get_by_text("Traceback")).to_have_count(0)
    figure(page, "text-map-figure")


@pytest.mark.parametrize(
    "text", ["<script>window.hit = 1</script> <img src=x onerror='window.hit = 1'>", "فيلم رائع 😀 film", "<b>bold</b>"]
)
def test_markup_emoji_and_right_to_left_script_are_shown_as_text(page: Page, url: str, text: str) -> None:
    page.goto(url)
    write_sentence(page, text)
    figure(page, "text-map-figure")
    shown = "".join(page.locator(".sentence button span").all_inner_texts())
    assert text.replace(" ", "") in shown.replace(" ", "")
    assert page.evaluate("window.hit") is None
    ticks = "".join(page.locator(".st-key-text-map-figure .ytick text").all_text_contents())
    assert text.split(maxsplit=1)[0][0] in ticks
    assert page.locator(".st-key-text-map-figure svg b, .st-key-text-map-figure svg a").count() == 0


def test_an_uploaded_text_fills_the_box(page: Page, url: str) -> None:
    page.goto(url)
    figure(page, "text-map-figure")
    page.get_by_text("Upload .txt").click()
    page.locator(".st-key-text-upload input[type=file]").set_input_files(
        {"name": "a.txt", "mimeType": "text/plain", "buffer": b"A dull, lifeless mess."}
    )
    expect(page.get_by_text(re.compile(r"negative with probability|Decision: negative"))).to_be_visible()


def test_two_visitors_never_see_each_other(page: Page, url: str) -> None:
    other = page.context.browser.new_context().new_page()
    for visitor in (page, other):
        visitor.goto(url)
        figure(visitor, "text-map-figure")
    write_sentence(page, "a wonderful film")
    write_sentence(other, "an awful film")
    assert page.locator(".sentence button span").all_inner_texts()[2] == "wonderful"
    assert other.locator(".sentence button span").all_inner_texts()[2] == "awful"
    other.context.close()


def test_the_page_fits_a_phone(page: Page, url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(url)
    figure(page, "text-map-figure")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_sentence_is_still_there_after_a_look_at_another_page(page: Page, url: str) -> None:
    page.goto(url)
    write_sentence(page, SENTENCE)
    page.get_by_role("link", name="Image").click()
    figure(page, "image-gates-0-figure1")
    page.get_by_role("link", name="Text").click()
    figure(page, "text-map-figure")
    assert page.locator(".st-key-text-input textarea").input_value() == SENTENCE


def test_a_locked_word_stays_locked_whatever_is_merged_or_hidden(page: Page, url: str) -> None:
    page.goto(url)
    figure(page, "text-map-figure")
    write_sentence(page, "unflinchingly good")
    words = page.locator(".sentence button")
    expect(words).to_have_count(4, timeout=60_000)
    words.nth(2).click()
    quiet(page)
    locked = page.locator(".sentence button[aria-pressed=true] span")
    expect(locked).to_have_text("good")
    page.get_by_role("button", name="More").click()
    page.wait_for_timeout(1000)  # the popover glides in
    page.locator(".st-key-text-merge input").press("Space")
    expect(words).to_have_count(8, timeout=20_000)
    expect(locked).to_have_text("good")
    page.locator(".st-key-text-hide input").press("Space")
    expect(words).to_have_count(6, timeout=20_000)
    expect(locked).to_have_text("good")
