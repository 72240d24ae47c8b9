"""The Image page as a visitor uses it."""

import io
import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from attnviz import intervene, load, predict
from tests.browser.conftest import PATIENCE, ROOT
from tests.browser.reading import bars, choose, decision, figure, heat, mapped, quiet

PHOTOS = ROOT / "assets" / "photos"
CAT = PHOTOS / "chelsea.jpg"
# The photo, and what is bright of it.
PICTURES = (".st-key-image-gates-0-figure img", ".st-key-image-gates-0-figure2 img")


def upload(page: Page, name: str, content: bytes) -> None:
    page.get_by_role("button", name="Your own photo").click()
    page.locator(".st-key-image-upload input[type=file]").set_input_files(
        {"name": name, "mimeType": "image/png", "buffer": content}
    )
    quiet(page)


def opened(page: Page, url: str, more: str = "") -> None:
    """The page with the network of ten things, which has three blocks of every kind of gate, and the cat."""
    page.goto(f"{url}/image?model=cifar-cbam&sample=chelsea.jpg{more}")
    page.get_by_text(re.compile("^Decision:")).first.wait_for()
    quiet(page)


def spatial(name: str, photo: bytes) -> list[np.ndarray[Any, Any]]:
    return [m.dense() for m in predict(load(name), photo).tape if m.kind == "spatial"]


@pytest.mark.parametrize(("file", "thing"), [("flamingo.webp", "flamingo"), ("chelsea.jpg", "Egyptian cat")])
def test_two_samples_are_named_rightly_and_their_gates_are_those_of_the_library(
    page: Page, url: str, file: str, thing: str
) -> None:
    page.goto(f"{url}/image?sample={file}" if file != "flamingo.webp" else f"{url}/image")
    assert re.search(rf"{thing} with probability 0\.\d{{3}}", decision(page, "image-decision"))
    (own,) = spatial("photo-gates", (PHOTOS / file).read_bytes())
    assert np.abs(heat(page, "image-gates-0-figure1") - own).max() < 1e-4


@pytest.mark.parametrize("size", [(1280, 720), (390, 844)])
def test_photo_overlay_and_decision_stand_in_the_first_screen(page: Page, url: str, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"{url}/image")
    figure(page, "image-gates-0-figure1")
    quiet(page)
    for part in (page.get_by_text(re.compile("^Decision:")).first, *map(page.locator, PICTURES)):
        box = part.bounding_box()
        assert box
        assert box["y"] + box["height"] <= size[1]
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_a_link_shows_the_same_numbers_in_a_second_browser(page: Page, url: str, browser: Browser) -> None:
    opened(page, url)
    choose(page, "image-block", "Block 1")
    page.locator(".st-key-image-drawn button").filter(has_text="Smoothed").click()
    quiet(page)
    assert "block=1" in page.url
    other = browser.new_context().new_page()
    other.set_default_timeout(PATIENCE)
    other.goto(page.url)
    numbers = heat(other, "image-gates-1-figure1")
    assert np.array_equal(numbers, heat(page, "image-gates-1-figure1"))
    assert numbers.shape == (8, 8)
    assert decision(other, "image-decision").split(", in")[0] == decision(page, "image-decision").split(", in")[0]
    expect(other.get_by_text(re.compile("Smoothed: bilinear"))).to_be_visible()
    other.context.close()


def test_an_uploaded_photo_shows_the_numbers_that_the_shell_writes(page: Page, url: str, tmp_path: Path) -> None:
    opened(page, url)
    photo = PHOTOS / "panda.webp"
    upload(page, "panda.webp", photo.read_bytes())
    expect(page.get_by_text("Your own photo. It stays with you")).to_be_visible()
    written = mapped(tmp_path, "cifar-cbam", "--image", str(photo))
    by_layer = {m["layer"]: np.array(m["weights"]) for m in written["maps"]}
    assert np.abs(heat(page, "image-gates-0-figure1") - by_layer["stages.0.block.cbam.spatial"]).max() < 1e-5
    page.locator(".st-key-image-view button").filter(has_text="Channels").click()
    quiet(page)
    channels = np.sort(by_layer["stages.0.block.cbam.channel"])[::-1]
    assert np.abs(bars(page, "image-gates-figure") - channels).max() < 1e-5
    assert decision(page, "image-decision").startswith(f"Decision: {written['decision']}")
    assert "own" not in page.url


def huge_png() -> bytes:
    """20,000 x 20,000 pixels in a few kilobytes."""
    rows = zlib.compress(b"\0" * (20_000 // 8 + 1) * 20_000, 9)
    chunks = [(b"IHDR", (20_000).to_bytes(4) * 2 + bytes([1, 0, 0, 0, 0])), (b"IDAT", rows), (b"IEND", b"")]
    body = b"".join(len(d).to_bytes(4) + k + d + zlib.crc32(k + d).to_bytes(4) for k, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + body


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (CAT.read_bytes()[:9000], "cut off or damaged"),
        (b"hello, I am no picture", "not an image of a known kind"),
        (png(Image.new("RGB", (1, 1))), "1 x 1 pixels"),
        (huge_png(), "limit of 50 megapixels"),
        (b"", "empty: it has 0 bytes"),
    ],
)
def test_a_file_that_is_no_photo_is_refused_in_a_sentence_that_goes_with_the_next(
    page: Page, url: str, content: bytes, said: str
) -> None:
    opened(page, url)
    before = heat(page, "image-gates-0-figure1")
    upload(page, "x.png", content)
    expect(page.get_by_text(re.compile(said)).first).to_be_visible()
    assert np.array_equal(heat(page, "image-gates-0-figure1"), before)
    upload(page, "y.png", png(Image.new("RGBA", (60, 40), (255, 0, 0, 90))))
    expect(page.get_by_text(re.compile("laid over white")).first).to_be_visible()
    expect(page.get_by_text(re.compile(said))).to_have_count(0)
    expect(page.get_by_text("x.png")).to_have_count(0)


def test_a_pasted_photo_is_taken(page: Page, url: str) -> None:
    opened(page, url)
    page.get_by_role("button", name="Your own photo").click()
    page.locator("button.paste").wait_for()
    page.evaluate(
        """bytes => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], 'x.png', {type: 'image/png'}));
            document.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true}));
        }""",
        list(png(Image.new("RGB", (64, 40), (20, 40, 200)))),
    )
    expect(page.get_by_text(re.compile("40 of 64 columns are used")).first).to_be_visible()


def test_choices_are_still_there_after_a_look_at_another_page(page: Page, url: str) -> None:
    opened(page, url)
    choose(page, "image-block", "Block 1")
    page.get_by_role("link", name="Text").click()
    figure(page, "text-map-figure")
    page.get_by_role("link", name="Image").click()
    assert heat(page, "image-gates-1-figure1").shape == (8, 8)


def test_a_channel_is_switched_off_and_the_probabilities_change_as_in_the_library(page: Page, url: str) -> None:
    opened(page, url, "&view=channel")
    page.locator(".st-key-image-how button").filter(has_text="Off (0)").click()
    quiet(page)
    net, layer = load("cifar-cbam"), "stages.0.block.cbam.channel"
    plain = predict(net, CAT.read_bytes())
    with intervene(net, {layer: {int(plain.tape[layer].dense().argmax()): 0.0}}):
        expected = predict(net, CAT.read_bytes())
    read = "figure => figure.calcdata.map(bars => bars.map(bar => bar.s))"
    before, after = figure(page, "image-changed-figure").evaluate(read)
    assert before[0] == pytest.approx(plain.ranked[0][1], abs=1e-4)
    assert after[0] == pytest.approx(expected.probabilities[plain.ranked[0][0]], abs=1e-4)
    assert abs(before[0] - after[0]) > 1e-4
    page.locator(".st-key-image-reset button").click()
    quiet(page)
    expect(page.locator(".st-key-image-changed-figure")).to_have_count(0)


def test_a_click_on_a_bar_chooses_its_channel(page: Page, url: str) -> None:
    opened(page, url, "&view=channel")
    figure(page, "image-gates-figure").scroll_into_view_if_needed()
    area = figure(page, "image-gates-figure").locator(".nsewdrag").first.bounding_box()
    assert area
    page.mouse.click(area["x"] + area["width"] / 3, area["y"] + area["height"] / 2)
    expect(page).to_have_url(re.compile("channel="), timeout=PATIENCE)
    order = np.argsort(-predict(load("cifar-cbam"), CAT.read_bytes()).tape["stages.0.block.cbam.channel"].dense(), kind="stable")
    (channel,) = re.findall(r"channel=(\d+)", page.url)
    assert abs(list(order).index(int(channel)) - len(order) / 3) < 2


def test_all_kinds_show_one_photo_through_models_of_one_size(page: Page, url: str) -> None:
    page.goto(f"{url}/image?view=kinds&beside=photo-soft")
    for name in ("photo-gates", "photo-soft"):
        result = predict(load(name), (PHOTOS / "flamingo.webp").read_bytes())
        share = int(result.ranked[0][1] * 100) / 100
        page.get_by_text(re.compile(f"It says: “{result.decision}”, {share:.2f}")).first.wait_for()
        page.locator(f".st-key-image-kind-{name}-figure img").wait_for()
    expect(page.get_by_text("All 2 decide the same: “flamingo”.")).to_be_visible()
