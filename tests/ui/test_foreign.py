"""Models of others on the pages, without a browser."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants
from streamlit.testing.v1 import AppTest

from attnviz import cards, load
from attnviz.ui import cache, widgets
from tests.foreign.making import saved
from tests.ui.shipped import shipped
from tests.ui.test_pages import open_page

KINDS = {"classifier": "BERT classifier", "gap": "BERT with a gap", "gpt": "GPT-2", "vit": "ViT", "dino": "DINOv2 with registers"}


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The shipped cards and some folders beside them; nothing of the hub is on the machine."""
    folder = shipped(tmp_path / "models")
    for name, kind in KINDS.items():
        saved(folder / name, kind, title=name)
    monkeypatch.setattr(widgets, "all_cards", lambda: cards.all_cards(folder))
    monkeypatch.setattr(cache, "load", lambda name: load(folder / name))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    cache.model.clear()
    yield folder
    cache.model.clear()


def words_page() -> AppTest:
    """The Text page with the task of language models."""
    page = open_page("text")
    page.segmented_control(key="text-task").set_value("words").run()
    return page


def with_model(page: str, name: str) -> AppTest:
    words = name in ("gpt", "gap")
    opened = words_page() if words else open_page(page)
    opened.sidebar.selectbox(key=f"{page}-model").set_value(name).run()
    assert not opened.exception
    assert not opened.error
    return opened


def markdown(page: AppTest) -> str:
    return " ".join(element.value for element in page.markdown)


def captions(page: AppTest) -> str:
    return " ".join(element.value for element in page.caption)


def test_what_ships_whole_is_chosen_first(models: Path) -> None:
    assert open_page("text").sidebar.selectbox(key="text-model").value == "sentiment-minilm"
    assert open_page("image").sidebar.selectbox(key="image-model").value == "photo-gates"


@pytest.mark.parametrize("name", ["classifier", "gpt"])
def test_a_folder_decides_on_a_sentence(models: Path, name: str) -> None:
    page = with_model("text", name)
    assert "Decision: **" in markdown(page)
    page.selectbox(key="text-layer").set_value(0).run()
    assert not page.exception
    assert f"Layer 0, head {page.selectbox(key='text-head').value} of {name}" in captions(page)


def test_a_masked_model_decides_only_where_there_is_a_gap(models: Path) -> None:
    page = with_model("text", "gap")
    assert "what stands at" in markdown(page)
    page.query_params["gap"] = "-1"
    page.run()
    assert "No decision" in markdown(page)
    assert r"Write \[MASK\]" in markdown(page)
    page.text_area(key="text-input").set_value("a [MASK] film").run()
    assert not page.exception
    assert "what stands at" in markdown(page)


def test_a_photo_model_shows_where_cls_looks(models: Path) -> None:
    page = with_model("image", "vit")
    assert "Decision: **" in markdown(page)
    assert [page.selectbox(key=f"image-{name}").value for name in ("layer", "head", "who")] == ["rollout", "mean", 0]
    page.selectbox(key="image-who").set_value("all").run()
    assert not page.exception
    assert "All positions on average gives" in captions(page)


def test_a_bare_encoder_says_that_it_decides_nothing(models: Path) -> None:
    page = with_model("image", "dino")
    assert "No decision" in markdown(page)
    assert "decides nothing" in markdown(page)
    assert page.selectbox(key="image-who").options == [
        "CLS",
        "register 0",
        "register 1",
        "register 2",
        "The clicked point",
        "All positions on average",
    ]


def test_one_visit_may_go_from_one_kind_of_model_to_another(models: Path) -> None:
    page = with_model("image", "vit")
    for name in ("cifar-cbam", "dino", "vit"):
        page.sidebar.selectbox(key="image-model").set_value(name).run()
        assert not page.exception


def test_models_that_are_not_here_are_named_with_the_reason_and_cannot_be_chosen(models: Path) -> None:
    page = open_page("text")
    assert page.sidebar.selectbox(key="text-model").options[0] == "Sentiment: MiniLM"
    assert [button.label for button in page.sidebar.button] == ["Download 269 MB"]
    page = words_page()
    assert "Next word: GPT-2" not in page.sidebar.selectbox(key="text-model").options
    assert "Next word: GPT-2. Not downloaded yet." in captions(page)
    assert "DINOv2" not in captions(page)
    assert [button.label for button in page.sidebar.button] == ["Download 716 MB", "Download 549 MB"]


def test_a_task_without_a_model_says_where_to_get_one(models: Path) -> None:
    for name in ("gpt", "gap", "words-masked", "words-next"):
        shutil.rmtree(models / name)
    page = words_page()
    assert not page.exception
    assert "Below are those there are" in page.info[0].value
    assert "Next word: GPT-2. Not downloaded yet." in captions(page)


def test_a_machine_that_is_to_stay_offline_offers_no_download(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    page = open_page("text")
    assert len(page.sidebar.button) == 0
    assert "this app runs offline" in captions(page)


def test_a_download_without_a_network_is_a_sentence_and_the_page_stands(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    page = with_model("text", "gpt")
    page.sidebar.button(key="fetch-gpt2").click().run()
    assert not page.exception
    assert "could not be reached" in page.error[0].value
    assert "Decision: **" in markdown(page)


def test_a_folder_that_has_gone_is_named_with_the_reason(models: Path) -> None:
    (models / "gpt" / "model.safetensors").unlink()
    page = words_page()
    assert "gpt. Its folder lacks model.safetensors" in captions(page)
    assert "gpt" not in page.sidebar.selectbox(key="text-model").options


def test_a_folder_that_brings_code_is_refused_on_the_page(models: Path) -> None:
    config = models / "classifier" / "config.json"
    config.write_text(config.read_text().replace("{", '{"auto_map": {"AutoModel": "code.Model"},', 1))
    page = open_page("text")
    page.sidebar.selectbox(key="text-model").set_value("classifier").run()
    assert not page.exception
    assert "code of a model is never run" in page.error[0].value
