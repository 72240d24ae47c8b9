"""The Image page as a visitor uses it."""

import io
import re
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from attnviz import intervene, load, predict
from tests.browser.conftest import ROOT
from tests.browser.reading import bars, choose, decision, figure, heat, mapped, quiet

CAT = ROOT / "assets" / "photos" / "chelsea.jpg"


def upload(page: Page, name: str, content: bytes) -> None:
    page.get_by_role("radio", name="Upload").or_(page.get_by_role("button", name="Upload")).first.click()
    page.locator(".st-key-image-upload input[type=file]").set_input_files(
        {"name": name, "mimeType": "image/png", "buffer": content}
    )
    quiet(page)


def block(page: Page, name: str, of: str = "image-block") -> None:
    page.locator(f".st-key-{of} button").filter(has_text=name).click()
    quiet(page)


def view(page: Page, title: str) -> None:
    page.locator(".st-key-image-view button").filter(has_text=title).click()
    quiet(page)


def opened(page: Page, url: str) -> None:
    """The page with the network of ten things, which has three blocks of every kind of gate."""
    page.goto(f"{url}/image")
    choose(page, "image-model", "Small network: CIFAR-10 with CBAM")


def test_first_paint_is_a_finished_example(page: Page, url: str) -> None:
    """The first guest sees 224 pixels and a thousand things: its cat, and a gate for each of 14 x 14 places."""
    page.goto(f"{url}/image")
    assert re.search(r"Egyptian cat with probability 0\.\d{3}", decision(page, "image-decision"))
    gates = heat(page, "gates-0")
    assert gates.shape == (14, 14)
    assert 0 <= gates.min() < gates.max() <= 1
    (own,) = [m.dense() for m in predict(load("photo-gates"), CAT.read_bytes()).tape if m.kind == "spatial"]
    assert np.abs(gates - own).max() < 1e-4


def test_an_uploaded_photo_shows_the_numbers_that_the_shell_writes(page: Page, url: str, tmp_path: Path) -> None:
    opened(page, url)
    figure(page, "gates-0")
    upload(page, "cat.jpg", CAT.read_bytes())
    written = mapped(tmp_path, "cifar-cbam", "--image", str(CAT))
    by_layer = {m["layer"]: np.array(m["weights"]) for m in written["maps"]}
    for position in range(3):
        block(page, f"Block {position}")
        assert np.abs(heat(page, f"gates-{position}") - by_layer[f"stages.{position}.block.cbam.spatial"]).max() < 1e-5
    view(page, "Channel")
    for position in range(3):
        block(page, f"Block {position}", "channel-block")
        channels = np.sort(by_layer[f"stages.{position}.block.cbam.channel"])[::-1]
        assert np.abs(bars(page, f"channel-{position}-figure") - channels).max() < 1e-5
    assert decision(page, "image-decision").startswith(f"Decision: {written['decision']}")


def test_the_overlay_changes_with_its_slider_and_runs_no_model(page: Page, url: str) -> None:
    opened(page, url)
    picture = "f => f.layout.images[0].source"
    before = figure(page, "overlay-0").evaluate(picture)
    took = page.get_by_text(re.compile("The forward pass took")).first.inner_text()
    thumb = page.locator(".st-key-image-opacity input[type=range]")
    thumb.focus()
    for _ in range(8):
        thumb.press("ArrowLeft")
    quiet(page)
    assert figure(page, "overlay-0").evaluate(picture) != before
    assert page.get_by_text(re.compile("The forward pass took")).first.inner_text() == took


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
    ],
)
def test_a_file_that_is_no_photo_is_refused_in_a_sentence_and_the_page_stands(
    page: Page, url: str, content: bytes, said: str
) -> None:
    opened(page, url)
    figure(page, "gates-0")
    upload(page, "x.png", content)
    expect(page.get_by_text(re.compile(said)).first).to_be_visible()
    figure(page, "gates-0")
    expect(page.get_by_text("Traceback")).to_have_count(0)


def test_a_photo_with_alpha_says_what_was_done(page: Page, url: str) -> None:
    opened(page, url)
    upload(page, "x.png", png(Image.new("RGBA", (60, 40), (255, 0, 0, 90))))
    expect(page.get_by_text(re.compile("laid over white")).first).to_be_visible()


def test_a_pasted_photo_is_taken(page: Page, url: str) -> None:
    opened(page, url)
    figure(page, "gates-0")
    page.locator(".st-key-image-source button").filter(has_text="Paste").click()
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


def test_the_page_fits_a_phone(page: Page, url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{url}/image")
    figure(page, "gates-0")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_an_empty_file_is_refused_and_the_last_good_photo_stays(page: Page, url: str) -> None:
    opened(page, url)
    figure(page, "gates-0")
    upload(page, "x.png", b"")
    expect(page.get_by_text(re.compile("empty: it has 0 bytes")).first).to_be_visible()
    page.locator(".st-key-image-source button").filter(has_text="Paste").click()
    quiet(page)
    expect(page.get_by_text(re.compile("0 bytes"))).to_have_count(0)
    figure(page, "gates-0")


def test_choices_are_still_there_after_a_look_at_another_page(page: Page, url: str) -> None:
    opened(page, url)
    figure(page, "gates-0")
    block(page, "Block 1")
    page.get_by_role("link", name="Text").click()
    figure(page, "text-map-figure")
    page.get_by_role("link", name="Image").click()
    assert heat(page, "gates-1").shape == (8, 8)


def difference(page: Page) -> tuple[list[float], list[float]]:
    """Probabilities before and after, as the browser drew them."""
    read = "figure => figure.calcdata.map(bars => bars.map(bar => bar.s))"
    before, after = figure(page, "channel-difference").evaluate(read)
    return before, after


def test_a_channel_is_switched_off_by_hand_and_the_probabilities_change_as_in_the_library(page: Page, url: str) -> None:
    opened(page, url)
    figure(page, "gates-0")
    view(page, "Channel")
    expect(page.get_by_text("Nothing is switched.")).to_be_visible()
    page.locator(".st-key-channel-how button").filter(has_text="off (0)").click()
    quiet(page)
    net, layer = load("cifar-cbam"), "stages.0.block.cbam.channel"
    plain = predict(net, CAT.read_bytes())
    channel = int(plain.tape[layer].dense().argmax())
    with intervene(net, {layer: {channel: 0.0}}):
        expected = predict(net, CAT.read_bytes())
    before, after = difference(page)
    assert before[0] == pytest.approx(plain.ranked[0][1], abs=1e-4)
    assert after[0] == pytest.approx(expected.probabilities[plain.ranked[0][0]], abs=1e-4)
    assert abs(before[0] - after[0]) > 1e-4
    expect(page.get_by_text(re.compile("With 1 channel switched, .* goes from"))).to_be_visible()
    page.locator(".st-key-channel-reset button").click()
    quiet(page)
    expect(page.get_by_text("Nothing is switched.")).to_be_visible()


def test_a_click_on_a_bar_switches_its_channel_and_another_has_it_back(page: Page, url: str) -> None:
    opened(page, url)
    figure(page, "gates-0")
    view(page, "Channel")
    plot = figure(page, "channel-0-figure")
    for said in (re.compile("Block 0: off [0-9]+[.]"), re.compile("Nothing is switched[.]")):
        plot.scroll_into_view_if_needed()
        area = plot.locator(".nsewdrag").first.bounding_box()
        assert area
        page.mouse.click(area["x"] + area["width"] / 3, area["y"] + area["height"] / 2)
        quiet(page)
        expect(page.get_by_text(said)).to_be_visible()


def test_a_tenth_of_the_channels_is_switched_and_stays_for_the_next_photo(page: Page, url: str) -> None:
    opened(page, url)
    figure(page, "gates-0")
    view(page, "Channel")
    page.locator(".st-key-channel-strongest button").click()
    quiet(page)
    channels = len(bars(page, "channel-0-figure"))
    assert int((bars(page, "channel-0-figure") == 0).sum()) == round(channels / 10)
    figure(page, "behind-strongest")
    upload(page, "x.png", png(Image.new("RGB", (64, 40), (20, 40, 200))))
    expect(page.get_by_text(re.compile(f"With {round(channels / 10)} channels switched"))).to_be_visible()


def test_the_combined_map_is_the_mean_of_the_blocks_and_smoothing_is_said(page: Page, url: str) -> None:
    opened(page, url)
    figure(page, "gates-0")
    maps = [m.dense() for m in predict(load("cifar-cbam"), CAT.read_bytes()).tape if m.kind == "spatial"]
    block(page, "Combined")
    fine = [np.kron(m, np.ones(np.array(maps[0].shape) // m.shape)) for m in maps]
    assert np.abs(heat(page, "gates-combined") - np.mean(fine, axis=0)).max() < 1e-5
    expect(page.get_by_text(re.compile("Made, not emitted"))).to_be_visible()
    picture = "f => f.layout.images[0].source"
    cells = figure(page, "overlay-combined").evaluate(picture)
    page.locator(".st-key-image-drawn button").filter(has_text="Smoothed").click()
    quiet(page)
    expect(page.get_by_text(re.compile("Smoothed: bilinear"))).to_be_visible()
    assert figure(page, "overlay-combined").evaluate(picture) != cells


def test_the_channel_view_fits_a_phone(page: Page, url: str) -> None:
    opened(page, url)  # on a phone the list of models lies behind a button
    page.set_viewport_size({"width": 390, "height": 844})
    figure(page, "gates-0")
    view(page, "Channel")
    page.locator(".st-key-channel-strongest button").click()
    quiet(page)
    figure(page, "channel-strip")
    figure(page, "channel-difference")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
