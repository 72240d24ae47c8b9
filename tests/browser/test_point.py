"""A click on the photo, as a visitor makes it: where that patch looks, and what looks at it; and two mechanisms side by side."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, expect

from attnviz import load, predict
from attnviz.paths import ASSETS
from attnviz.results import Prediction
from tests.browser.conftest import PATIENCE, serve, stop
from tests.browser.reading import bars, choose, figure, heat, quiet
from tests.foreign.making import saved
from tests.tiny import write_photo_model

CAT = (ASSETS / "photos" / "chelsea.jpg").read_bytes()


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_photo_model(folder / "blocks", "non_local", title="blocks")
    saved(folder / "vit", "ViT", title="vit")
    return folder


@pytest.fixture(scope="module")
def url(models: Path) -> Iterator[str]:
    process, address = serve(ATTNVIZ_MODELS=str(models))
    yield f"{address}/image?sample=chelsea.jpg"
    stop(process)


def click(page: Page, down: float, across: float, key: str = "image-look-figure") -> None:
    """At shares of the height and the width of the photo."""
    photo = page.locator(f".st-key-{key} .photo")
    box = photo.bounding_box()
    assert box
    photo.click(position={"x": box["width"] * across, "y": box["height"] * down})
    quiet(page)


def weights(prediction: Prediction, layer: int) -> NDArray[np.float32]:
    """(query, key), the mean of all heads."""
    whole = prediction.tape[prediction.tape.layers[layer]]
    return whole.mean_of_heads().dense() if whole.size("head") > 1 else whole.head(0)


def largest(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.sort(values)[::-1][:12]


def test_a_click_lets_that_patch_look_in_every_layer_and_the_lists_tell_its_numbers(page: Page, url: str, models: Path) -> None:
    page.goto(url)
    figure(page, "image-look-figure1")
    expected = predict(load(models / "blocks"), CAT)
    assert np.abs(heat(page, "image-look-figure1").ravel() - weights(expected, 1)[4 * 8 + 4]).max() < 1e-6
    click(page, 0.3, 0.8)
    expect(page.get_by_role("heading", name="Layer 1: where the patch at row 2, column 6 looks")).to_be_visible()
    assert np.abs(heat(page, "image-look-figure1").ravel() - weights(expected, 1)[2 * 8 + 6]).max() < 1e-6
    assert np.abs(bars(page, "image-looks-at-figure") - largest(weights(expected, 1)[2 * 8 + 6])).max() < 1e-6
    assert np.abs(bars(page, "image-looked-at-figure") - largest(weights(expected, 1)[:, 2 * 8 + 6])).max() < 1e-6
    choose(page, "image-layer", "Layer 0 (16 x 16)")
    assert np.abs(heat(page, "image-look-figure1").ravel() - weights(expected, 0)[4 * 16 + 12]).max() < 1e-6
    assert np.abs(bars(page, "image-looked-at-figure") - largest(weights(expected, 0)[:, 4 * 16 + 12])).max() < 1e-6


def test_the_overlay_is_clicked_like_the_photo_and_the_arrow_keys_go_on_from_there(page: Page, url: str, models: Path) -> None:
    page.goto(url)
    figure(page, "image-look-figure1")
    choose(page, "image-model", "vit")
    expect(page.get_by_role("heading", name="All layers, by rollout: where CLS looks")).to_be_visible()
    choose(page, "image-layer", "Layer 1")
    expect(page.get_by_role("heading", name="Layer 1, mean of heads: where CLS looks")).to_be_visible()
    expected = predict(load(models / "vit"), CAT)
    assert np.abs(heat(page, "image-look-figure1").ravel() - weights(expected, 1)[0, 1:]).max() < 1e-6
    click(page, 0.1, 0.9, "image-look-figure2")
    expect(page.locator(".st-key-image-look-figure2 .patch")).to_be_visible()
    page.keyboard.press("ArrowDown")
    quiet(page)
    page.keyboard.press("ArrowLeft")
    quiet(page)
    expect(page.get_by_role("heading", name="Layer 1, mean of heads: where the patch at row 1, column 2 looks")).to_be_visible()
    assert np.abs(heat(page, "image-look-figure1").ravel() - weights(expected, 1)[1 + 1 * 4 + 2, 1:]).max() < 1e-6


def test_a_finger_does_the_same_on_a_phone(browser: Browser, url: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(url)
    figure(page, "image-look-figure1")
    photo = page.locator(".st-key-image-look-figure .photo")
    box = photo.bounding_box()
    assert box
    photo.tap(position={"x": box["width"] * 0.1, "y": box["height"] * 0.1})
    quiet(page)
    expect(page.get_by_role("heading", name="Layer 1: where the patch at row 0, column 0 looks")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def test_two_mechanisms_decide_side_by_side_and_a_click_lets_a_patch_look(page: Page, url: str, models: Path) -> None:
    page.goto(f"{url}&view=kinds")
    for name in ("blocks", "vit"):
        result = predict(load(models / name), CAT)
        page.get_by_text(f"It says: “{result.decision}”, {result.ranked[0][1]:.3f}.").wait_for()
        expect(page.get_by_role("heading", name=name)).to_be_visible()
    expect(page.get_by_text("CLS looks there, through all layers.")).to_be_visible()
    click(page, 0.3, 0.8, "image-kind-blocks-figure")
    expect(page.get_by_text("The patch at row 2, column 6 looks there, in the last layer.")).to_be_visible()
