"""Cards: what is read, and what is refused in words that help."""

import shutil
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from attnviz import cards as cards_module
from attnviz.cards import REQUIRED, all_cards, find_card, read_card, sha256
from attnviz.errors import CardError, WeightsError
from tests import tiny


@pytest.fixture
def folder(tmp_path: Path, photo_model: Path) -> Path:
    """A copy that a test may break."""
    return Path(shutil.copytree(photo_model, tmp_path / "tiny-photo"))


def test_a_card_says_what_its_file_says(text_model: Path) -> None:
    card = read_card(text_model)
    assert (card.name, card.folder) == ("tiny-text", text_model)
    assert (card.task, card.input, card.net) == ("sentiment", "text", "bert-classifier")
    assert card.labels == ("negative", "positive")
    assert card.config == tiny.TEXT
    assert card.text == {"max_tokens": 12}
    assert card.files["tokenizer.json"] == sha256(text_model / "tokenizer.json")


def test_the_checksum_is_sha256(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc")  # FIPS 180-2, appendix B.1
    assert sha256(tmp_path / "x") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_folder_without_a_card_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CardError, match=r"There is no card.toml in"):
        read_card(tmp_path)


@pytest.mark.parametrize("content", [b"title = ", b"\xff\xfe\x00", b"[config\n"])
def test_a_card_that_is_not_toml_is_refused_with_its_path(folder: Path, content: bytes) -> None:
    (folder / "card.toml").write_bytes(content)
    with pytest.raises(CardError, match=r"tiny-photo/card.toml is not readable as TOML"):
        read_card(folder)


@pytest.mark.parametrize("key", REQUIRED)
def test_a_card_that_lacks_a_key_is_refused_with_its_name(tmp_path: Path, key: str) -> None:
    folder = tiny.write_photo_model(tmp_path / "model", **{key: None})
    with pytest.raises(CardError, match=f"lacks {key}. Add what is missing"):
        read_card(folder)


# what the card holds instead, and what the error says
WRONG = {
    "labels as a number": ({"labels": 3}, "labels = 3, which is no list"),
    "a config that is no table": ({"config": "x"}, "config = 'x', which is no dict"),
    "an unknown input": ({"input": "smell"}, "input = 'smell'. Known are text, image"),
    "no options for its input": ({"image": None}, "lacks image.size, image.mean, image.std"),
    "options without a size": ({"image": {"mean": [0, 0, 0], "std": [1, 1, 1]}}, "lacks image.size"),
}


@pytest.mark.parametrize(("changes", "words"), WRONG.values(), ids=WRONG)
def test_a_card_with_wrong_entries_is_refused(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    folder = tiny.write_photo_model(tmp_path / "model", **changes)
    with pytest.raises(CardError) as refusal:
        read_card(folder)
    assert words in str(refusal.value)


def test_a_file_with_the_right_checksum_is_handed_out(folder: Path) -> None:
    assert read_card(folder).file("weights.safetensors") == folder / "weights.safetensors"


def test_a_file_that_the_card_does_not_name_is_refused(folder: Path) -> None:
    (folder / "extra.json").write_text("{}")
    with pytest.raises(CardError, match=r"names no file extra.json"):
        read_card(folder).file("extra.json")


def test_a_missing_file_is_refused(folder: Path) -> None:
    (folder / "weights.safetensors").unlink()
    with pytest.raises(WeightsError, match=r"the file weights.safetensors is missing"):
        read_card(folder).file("weights.safetensors")


def test_a_file_with_one_byte_changed_is_refused_with_both_checksums(folder: Path) -> None:
    path = folder / "weights.safetensors"
    said = sha256(path)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsError) as refusal:
        read_card(folder).file("weights.safetensors")
    assert f"sha256 {sha256(path)[:8]}..., the card says {said[:8]}..." in str(refusal.value)


def test_a_card_is_found_by_name_or_by_path(photo_model: Path) -> None:
    assert find_card("tiny-photo", photo_model.parent).folder == photo_model
    assert find_card(str(photo_model), photo_model.parent / "elsewhere").folder == photo_model


def test_an_unknown_name_is_refused_with_those_there(photo_model: Path, tmp_path: Path) -> None:
    with pytest.raises(CardError, match=r"no model called 'nope'\. Shipped are tiny-photo"):
        find_card("nope", photo_model.parent)
    with pytest.raises(CardError, match="Shipped are none"):
        find_card("nope", tmp_path)


def test_one_broken_card_leaves_the_others_working(tmp_path: Path) -> None:
    tiny.write_photo_model(tmp_path / "b")
    tiny.write_text_model(tmp_path / "a")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "card.toml").write_text("title =")
    (tmp_path / "empty").mkdir()
    (tmp_path / "odd" / "card.toml").mkdir(parents=True)
    (tmp_path / "README.md").write_text("Not a model.")
    cards, errors = all_cards(tmp_path)
    assert [card.name for card in cards] == ["a", "b"]
    assert [type(error) for error in errors] == [CardError] * 3


def test_a_card_is_read_once_for_each_version_of_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tiny.write_text_model(tmp_path / "tiny")
    monkeypatch.setattr(cards_module, "_read", Mock(side_effect=cards_module._read))
    reads = cards_module._read
    first = read_card(folder)
    assert read_card(folder) is first
    assert reads.call_count == 1
    written = (folder / "card.toml").read_text()
    (folder / "card.toml").write_text(written.replace('title = "', 'title = "New '))
    assert read_card(folder).title == f"New {first.title}"
    (folder / "card.toml").write_text("title =")
    for _ in range(3):
        with pytest.raises(CardError, match="not readable as TOML"):
            read_card(folder)
    assert reads.call_count == 3
