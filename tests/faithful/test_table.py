"""Figures beside a card: written with checksums, read back, and of no other weights."""

import json
from pathlib import Path

import pytest

from attnviz import load
from attnviz.cards import read_card
from attnviz.errors import CardError, WeightsError
from attnviz.faithful import table
from attnviz.faithful.agreement import with_masks, with_words
from tests import tiny

FOUND = {
    "n": 200,
    "methods": {
        name: {
            key: value
            for figure, at in zip(table.NEEDED, (moved, 0.1, 0.25, 0.5, 0.5), strict=True)
            for key, value in ((figure, at), (f"{figure}_interval", [at - 0.01, at + 0.01]))
        }
        for name, moved in (("attention", 0.2), ("occlusion", 0.4))
    },
}


def test_what_is_written_is_read_back_with_its_checksum_in_the_card(tmp_path: Path) -> None:
    folder = tiny.write_photo_model(tmp_path / "model")
    assert table.read(read_card(folder)) is None
    table.write(read_card(folder), FOUND)
    card = read_card(folder)
    found = table.read(card)
    assert found is not None
    assert found["methods"] == FOUND["methods"]
    assert found["weights"] == card.files["weights.safetensors"]
    load(card)  # and the model is as it was
    table.write(card, FOUND)  # once more in the place of the first
    assert (folder / "card.toml").read_text().count(table.FILE) == 1


def test_random_orders_stand_in_their_place_among_the_methods() -> None:
    assert [name for name, _ in table.ranked(FOUND)] == ["occlusion", "random", "attention"]


def test_figures_of_other_weights_are_none(tmp_path: Path) -> None:
    folder = tiny.write_photo_model(tmp_path / "model")
    path = table.write(read_card(folder), FOUND)
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "weights": "0" * 64}))
    with pytest.raises(WeightsError, match=r"faithful.json is damaged or altered"):
        table.read(read_card(folder))
    card = read_card(folder)
    card.files[table.FILE] = table.sha256(path)
    assert table.read(card) is None


def test_a_file_that_is_no_table_is_refused_in_a_sentence(tmp_path: Path) -> None:
    folder = tiny.write_photo_model(tmp_path / "model")
    path = table.write(read_card(folder), FOUND)
    path.write_text('{"methods": 3}')
    card = read_card(folder)
    card.files[table.FILE] = table.sha256(path)
    with pytest.raises(CardError, match=r"faithful.json cannot be read"):
        table.read(card)


def test_agreement_with_marked_words_and_with_masks_has_an_interval_and_says_of_how_many(
    tmp_path: Path, text_model: Path, photo_model: Path
) -> None:
    import numpy as np
    from PIL import Image

    marked = tmp_path / "marked.jsonl"
    marked.write_text('{"text": "a good film", "words": ["good"]}\n{"text": "a good film", "words": []}\n')
    words = with_words(load(text_model), marked)
    assert {figures["agreement_n"] for figures in words.values()} == {1}
    mask = np.zeros((32, 32), dtype=np.uint8)
    mask[:16] = 255
    for number in range(3):
        pixels = np.random.default_rng(number).integers(0, 256, (32, 32, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.jpg")
        Image.fromarray(mask).save(tmp_path / f"{number}_mask.png")
    figures = with_masks(load(photo_model), tmp_path)
    assert {"Grad-CAM", "occlusion"} < set(figures)
    for one in figures.values():
        assert one["agreement_n"] == 3
        low, high = one["agreement_interval"]
        assert 0 <= low <= one["agreement"] <= high <= 1
