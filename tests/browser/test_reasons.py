"""Whether a map is a reason: verdicts whose numbers are those of the shell, what clicks take away, and a map that is pinned."""

import re
from urllib.parse import parse_qs, urlencode, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect
from typer.testing import CliRunner

from attnviz.cli import app
from tests.browser.conftest import PATIENCE, ROOT
from tests.browser.reading import figure, heat, quiet, write_sentence

SENTENCE = "the film is a slow but honest look at war that nobody will ever forget"
CAT, RHYTHM = ROOT / "assets" / "photos" / "chelsea.jpg", ROOT / "assets" / "series" / "rhythm.csv"
ASK = "Does this map explain the decision?"


@pytest.mark.parametrize(
    ("page_name", "choices", "model", "given"),
    [
        ("", {"text": SENTENCE}, "sentiment-minilm", ("--text", SENTENCE)),
        ("image", {"sample": CAT.name}, "cifar-eca", ("--image", str(CAT))),
        ("series", {"sample": RHYTHM.stem, "begin": "future"}, "series-attention", ("--series", str(RHYTHM))),
    ],
    ids=["text", "photo", "series"],
)
def test_the_verdicts_on_a_page_are_those_of_the_shell(
    page: Page, url: str, page_name: str, choices: dict[str, str], model: str, given: tuple[str, str]
) -> None:
    page.goto(f"{url}/{page_name}?{urlencode({'model': model, **choices})}")
    page.get_by_role("button", name=ASK).click()
    said = CliRunner().invoke(app, ["explain", model, *given]).stdout.splitlines()[1:]
    assert len(said) >= 2
    for line in said:
        method, _, verdict = line.partition(": ")
        cells = page.get_by_role("row").filter(has=page.get_by_role("cell", name=method, exact=True)).first.get_by_role("cell")
        (moved,) = re.findall(r" moves? .*? by (-?\d\.\d{3});", verdict)
        expect(cells.nth(1)).to_have_text(moved, timeout=PATIENCE)
        expected = "yes" if "points at what matters" in verdict else "no" if "does not explain" in verdict else "cannot be told"
        expect(cells.nth(3)).to_have_text(expected)
    assert page.get_by_text(re.compile(r"^[A-Z].*: Hiding the ")).first.inner_text().count("by ") >= 2


def test_what_is_switched_off_in_an_address_is_given_back_and_clicks_take_a_head_and_a_word(page: Page, url: str) -> None:
    page.goto(f"{url}/?{urlencode({'text': SENTENCE, 'off': '1.4'})}")
    away = page.get_by_text(re.compile(r"^Taken away: “\w+” had \d\.\d+ and has \d\.\d+ without"))
    expect(away).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="layer 1, head 4").click()
    expect(away).to_have_count(0, timeout=PATIENCE)
    quiet(page)
    assert "off=" not in page.url
    page.locator(".st-key-text-click").get_by_text("takes it away").click()
    quiet(page)
    click_picture(page, figure(page, "text-heads-figure"), 4, 7)
    expect(page.get_by_role("button", name="layer 4, head 7")).to_be_visible(timeout=PATIENCE)
    quiet(page)
    words = page.locator(".sentence button")
    names = words.locator("span").all_inner_texts()
    words.nth(names.index("slow")).click()
    expect(page.get_by_role("button", name="“slow”")).to_be_visible(timeout=PATIENCE)
    quiet(page)
    address = parse_qs(urlsplit(page.url).query)
    assert (address["hidden"], address["off"]) == ([str(names.index("slow"))], ["4.7"])
    assert "slow" not in words.locator("span").all_inner_texts()
    assert "slow" not in "".join(page.locator(".st-key-text-map-figure .ytick text").all_text_contents())
    page.get_by_role("button", name="“slow”").click()
    expect(words).to_have_count(len(names), timeout=PATIENCE)


def test_a_pinned_map_stands_beside_the_next_one_with_their_difference(page: Page, url: str) -> None:
    page.goto(f"{url}/?{urlencode({'text': SENTENCE, 'layer': 2, 'head': 3})}")
    before = heat(page, "text-map-figure")
    page.get_by_role("button", name="Pin this map").click()
    figure(page, "text-pinned-difference-figure")
    write_sentence(page, SENTENCE.replace("slow", "swift"))
    expect(page.locator(".st-key-text-pinned-difference-figure")).to_be_visible(timeout=PATIENCE)
    after = heat(page, "text-map-figure")
    kept = [i for i in range(len(before)) if i != 5]  # [CLS] the film is a SLOW: only one of both has it
    a, b, gap = (heat(page, f"text-pinned-{name}-figure") for name in ("a", "b", "difference"))
    assert np.abs(a - before[np.ix_(kept, kept)]).max() < 1e-6
    assert np.abs(b - after[np.ix_(kept, kept)]).max() < 1e-6
    assert np.abs(gap - (b - a)).max() < 1e-6
    assert np.abs(gap).max() > 0.001
    page.get_by_role("button", name="Let go").click()
    expect(page.locator(".st-key-text-pinned-difference-figure")).to_have_count(0, timeout=PATIENCE)


def click_picture(page: Page, plot: Locator, layer: int, head: int) -> None:
    """The small picture of a head among all of a sentence of at most 24 tokens."""
    plot.scroll_into_view_if_needed()
    quiet(page)
    place = plot.evaluate(
        "(f, i) => { const r = f.querySelector('.nsewdrag').getBoundingClientRect(), a = f._fullLayout, p = f.calcdata[1][i]; "
        "return [r.x + a.xaxis.c2p(p.x), r.y + a.yaxis.c2p(p.y)]; }",
        12 * layer + head,
    )
    page.mouse.click(*place)
