"""Every exhibit as a file, taken from the page as a visitor takes it; nothing that draws pictures runs on the server."""

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.reading import decision, figure, heat, quiet

KINDS = ("png", "svg", "html", "csv", "npz")
SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"


def saved(page: Page, card: str, folder: Path) -> dict[str, Path]:
    """All files of an exhibit, by kind."""
    page.locator(f".st-key-{card}-save button").first.click()
    page.locator(f".st-key-{card}-npz button").wait_for()
    found = {}
    for kind in KINDS:
        button = page.locator(f".st-key-{card}-picture button[data-kind={kind}], .st-key-{card}-{kind} button")
        with page.expect_download() as download:
            button.click()
        found[kind] = folder / download.value.suggested_filename
        assert found[kind].suffix == f".{kind}"
        download.value.save_as(found[kind])
    page.keyboard.press("Escape")
    return found


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


@pytest.fixture
def offline(browser: Browser) -> Page:
    """A page of a browser that reaches nothing."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, offline=True)
    yield context.new_page()
    context.close()


def test_a_photo_is_saved_with_its_map_and_overlay_and_the_numbers_are_those_in_sight(
    page: Page, url: str, tmp_path: Path, offline: Page
) -> None:
    page.goto(f"{url}/image?model=cifar-cbam&sample=chelsea.jpg")
    numbers = heat(page, "image-gates-0-figure1")
    quiet(page)
    said = page.locator("[data-testid=stCaptionContainer]", has_text="What is bright passes the gates").first.inner_text()
    decided = decision(page, "image-decision")
    files = saved(page, "image-gates-0", tmp_path)

    svg = ET.parse(files["svg"]).getroot()
    width, height = (int(svg.attrib[side]) for side in ("width", "height"))
    with Image.open(files["png"]) as picture:
        assert picture.size == (2 * width, 2 * height)
        assert len(picture.convert("RGB").getcolors(maxcolors=1 << 24)) > 1000  # a photo is on it
    written = " ".join(text for each in svg.iter(f"{SVG}text") if (text := "".join(each.itertext())))
    assert "Block 0: which places may count?" in written
    assert " ".join(said.split()) in " ".join(written.split())
    pictures = [each.get("href") or each.get(HREF) or "" for each in svg.iter(f"{SVG}image")]
    assert len(pictures) == 3
    assert all(each.startswith("data:image/") for each in pictures)

    with np.load(files["npz"]) as arrays:
        meta = json.loads(str(arrays["meta"]))
        (layer,) = [m["layer"] for m in meta["maps"]]
        array = arrays[layer]
    read = np.array([float(row["weight"]) for row in table(files["csv"])], dtype=np.float32).reshape(array.shape)
    assert np.array_equal(read, array)
    assert np.abs(numbers - array).max() < 1e-6

    offline.goto(files["html"].as_uri())
    expect(offline.get_by_text(re.compile(rf"^Answer: {meta['decision']} 0\.\d+$"))).to_be_visible()
    assert decided.startswith(f"Decision: {meta['decision']} with")
    expect(offline.get_by_text(said.split(" Colours run")[0])).to_be_visible()
    expect(offline.get_by_text("Colours run from")).to_be_visible()
    expect(offline.get_by_text("output_error")).to_be_visible()
    boxes = [box for each in offline.locator(".row > *").all() if (box := each.bounding_box())]
    assert len(boxes) == 3
    assert all(one["x"] + one["width"] <= other["x"] + 1 for one, other in pairwise(boxes))
    drawn = offline.locator(".js-plotly-plot").evaluate("figure => figure.querySelector('.main-svg').getBoundingClientRect().width")
    assert drawn <= boxes[1]["width"] + 1


def test_words_are_saved_as_they_stand_with_their_tints(page: Page, url: str, tmp_path: Path) -> None:
    page.goto(f"{url}/?text=A+%3Cb%3Edull%3C%2Fb%3E+film+%26+a+%D9%81%D9%8A%D9%84%D9%85")
    figure(page, "text-map-figure")
    quiet(page)
    words = page.locator(".st-key-text-words-figure .sentence button span").all_inner_texts()
    files = saved(page, "text-words", tmp_path)
    svg = ET.parse(files["svg"]).getroot()
    texts = ["".join(each.itertext()) for each in svg.iter(f"{SVG}text")]
    assert {"<", "b", "&", "فيلم"} <= set(words)
    assert not set(words) - set(texts)
    tints = [each.attrib["fill"] for each in svg.iter(f"{SVG}rect") if "37, 99, 235" in each.attrib.get("fill", "")]
    assert len(tints) == len(words)
    with Image.open(files["png"]) as picture:
        assert picture.size == (2 * int(svg.attrib["width"]), 2 * int(svg.attrib["height"]))
    with np.load(files["npz"]) as arrays:
        (layer,) = [name for name in arrays.files if name != "meta"]
        weights = [float(row["weight"]) for row in table(files["csv"])]
        assert np.array_equal(np.array(weights, dtype=np.float32), arrays[layer].ravel())
