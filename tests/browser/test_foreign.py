"""Models of others as a visitor meets them: from a folder, and from a hub on this machine that the app downloads from."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers as hf
from playwright.sync_api import Page, expect

from attnviz import load, predict
from attnviz.explain import over_patches
from attnviz.paths import ASSETS, MODELS
from tests.browser.conftest import serve, stop
from tests.browser.reading import ask_for, choose, decision, figure, heat, quiet, write_sentence
from tests.foreign.hub_server import COMMIT, Hub, serving
from tests.foreign.making import SQUASHED, card, saved

CAT = ASSETS / "photos" / "chelsea.jpg"
DOWNLOAD = "Download 3 MB"


def large(folder: Path) -> Path:
    """A ViT of 3 MB, so that its download can be watched."""
    torch.manual_seed(0)
    config = hf.ViTConfig(
        hidden_size=128, num_hidden_layers=4, num_attention_heads=4, intermediate_size=256, image_size=32, patch_size=8
    )
    hf.ViTForImageClassification(config).save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(SQUASHED))
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    for name in ("sentiment-minilm", "cifar-cbam"):
        (folder / name).symlink_to(MODELS / name)
    for name, kind in {"my-gpt": "GPT-2", "my-gap": "BERT with a gap", "my-dino": "DINOv2"}.items():
        saved(folder / name, kind, title=name)
    served = {"source": "hub", "path": None, "repository": "someone/vit", "revision": COMMIT, "megabytes": 3}
    card(folder / "served", "image-classification", title="Served ViT", **served)
    return folder


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with serving() as served:
        served.repositories["someone/vit"] = large(tmp_path_factory.mktemp("repository"))
        yield served


@pytest.fixture(scope="module")
def url(models: Path, hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    process, address = serve(
        ATTNVIZ_MODELS=str(models), HF_ENDPOINT=hub.url, HF_HOME=str(tmp_path_factory.mktemp("home")), HF_HUB_OFFLINE="0",
        TRANSFORMERS_OFFLINE="0",
    )  # fmt: skip
    yield address
    stop(process)


def nothing_hidden(page: Page) -> None:
    """A click on the word that is hidden brings it back."""
    page.locator(".st-key-text-gap button[aria-checked=true]").click()
    quiet(page)


def test_a_folder_with_a_language_model_shows_its_next_token_and_its_maps(page: Page, url: str, models: Path) -> None:
    page.goto(url)
    figure(page, "text-map-figure")
    ask_for(page, "Words")
    choose(page, "text-model", "my-gpt")
    write_sentence(page, "a film")
    nothing_hidden(page)
    expected = predict(load(models / "my-gpt"), "a film")
    assert "(the next token)" in decision(page, "text-decision")
    choose(page, "text-layer", "1")
    choose(page, "text-head", "3")
    page.get_by_role("button", name="More").click()
    page.wait_for_timeout(1000)  # the popover glides in
    page.locator(".st-key-text-merge input").press("Space")
    quiet(page)
    m = expected.tape[expected.tape.layers[1]]
    assert heat(page, "text-map-figure").shape == (6, 6)
    assert np.abs(heat(page, "text-map-figure") - m.head(3)).max() < 1e-5


def test_a_masked_model_says_that_it_wants_a_gap(page: Page, url: str) -> None:
    page.goto(url)
    figure(page, "text-map-figure")
    ask_for(page, "Words")
    choose(page, "text-model", "my-gap")
    write_sentence(page, "a good film")
    nothing_hidden(page)
    expect(page.get_by_text("Write [MASK] in place of a word")).to_be_visible()
    write_sentence(page, "a good [MASK]")
    assert "(what stands at [MASK])" in decision(page, "text-decision")


def test_a_bare_encoder_shows_where_cls_looks_and_no_decision(page: Page, url: str, models: Path) -> None:
    page.goto(f"{url}/image?sample=chelsea.jpg")
    figure(page, "image-gates-0-figure1")
    choose(page, "image-model", "my-dino")
    expect(page.get_by_text("decides nothing")).to_be_visible()
    choose(page, "image-layer", "Layer 0")
    choose(page, "image-head", "Head 2")
    expected = predict(load(models / "my-dino"), CAT.read_bytes())
    layer = expected.tape[expected.tape.layers[0]]
    grid = expected.grid(layer)
    assert grid
    m = over_patches(layer.at_head(2), grid, 0)
    assert np.abs(heat(page, "image-look-figure1") - m.dense()).max() < 1e-5
    expect(page.get_by_text(re.compile("CLS gives [0-9]+% of its attention to the patches shown"))).to_be_visible()


def test_nothing_asks_the_hub_until_a_visitor_does_and_a_download_can_be_stopped_and_finished(
    page: Page, url: str, hub: Hub
) -> None:
    page.goto(f"{url}/image")
    figure(page, "image-gates-0-figure1")
    expect(page.get_by_text("Served ViT. Not downloaded yet.")).to_be_visible()
    assert hub.asked == []
    hub.pause = 0.15
    page.get_by_role("button", name=DOWNLOAD).click()
    expect(page.get_by_text(re.compile(r"[0-2]\.[0-9] of [0-9.]+ MB"))).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    expect(page.get_by_text("Served ViT. Not downloaded yet.")).to_be_visible()
    hub.pause = 0
    page.get_by_role("button", name=DOWNLOAD).click()
    figure(page, "image-look-figure1")
    expect(page.locator(".st-key-image-model input")).to_have_value("Served ViT")
    expect(page.get_by_text("Not on this machine")).to_have_count(0)
    assert decision(page, "image-decision").startswith("Decision: LABEL")


def test_the_patches_fit_a_phone(page: Page, url: str) -> None:
    page.goto(f"{url}/image")
    figure(page, "image-gates-0-figure1")
    choose(page, "image-model", "my-dino")
    figure(page, "image-look-figure1")
    page.set_viewport_size({"width": 390, "height": 844})
    quiet(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
