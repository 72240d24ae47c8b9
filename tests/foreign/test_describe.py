"""What the files beside the weights say, against transformers' own reading of them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tokenizers import Tokenizer
from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil
from transformers.models.deit.image_processing_pil_deit import DeiTImageProcessorPil
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

from attnviz.cards import all_cards
from attnviz.encode.image import encode_image
from attnviz.errors import CardError
from attnviz.foreign.describe import image_options, labels_of, licence_of, task_of, text_options
from attnviz.nets.words import shown
from tests.foreign.making import CUT, NORMAL, SQUASHED, word_pieces

SQUARE = np.random.default_rng(0).integers(0, 256, (57, 57, 3), dtype=np.uint8)
IN_TWO_STEPS = {**SQUASHED, "size": {"height": 40, "width": 40}, "crop_size": 32, "do_center_crop": True, "resample": 3}
PROCESSORS = {
    "ViT": (SQUASHED, ViTImageProcessorPil),
    "ViT, old": ({"feature_extractor_type": "ViTFeatureExtractor", "size": 32, **NORMAL}, ViTImageProcessorPil),
    "DeiT": (IN_TWO_STEPS, DeiTImageProcessorPil),
    "DINOv2": (CUT, BitImageProcessorPil),
    "no normalising": ({**SQUASHED, "do_normalize": False}, ViTImageProcessorPil),
}


def options(folder: Path, raw: dict[str, Any]) -> dict[str, Any]:
    (folder / "preprocessor_config.json").write_text(json.dumps(raw))
    return image_options(folder)


@pytest.mark.parametrize(("raw", "processor"), PROCESSORS.values(), ids=PROCESSORS)
def test_a_square_photo_goes_in_as_transformers_prepares_it(tmp_path: Path, raw: dict[str, Any], processor: Any) -> None:
    own = processor(**{key: value for key, value in raw.items() if not key.endswith("_type")})
    expected = np.asarray(own(Image.fromarray(SQUARE))["pixel_values"][0])
    found = encode_image(SQUARE, **options(tmp_path, raw)).tensors["image"][0].numpy()
    assert found.shape == expected.shape == (3, 32, 32)
    assert np.abs(found - expected).max() < 1e-5


def test_the_shorter_side_is_resized_and_the_middle_cut_out_as_transformers_does(tmp_path: Path) -> None:
    wide = np.random.default_rng(1).integers(0, 256, (80, 120, 3), dtype=np.uint8)
    own = BitImageProcessorPil(**{key: value for key, value in CUT.items() if key != "image_processor_type"})
    expected = np.asarray(own(Image.fromarray(wide))["pixel_values"][0])
    encoded = encode_image(wide, **options(tmp_path, CUT))
    assert np.abs(encoded.tensors["image"][0].numpy() - expected).max() < 1e-5
    # the middle square is 80 wide, from column 20; 32 / 40 of it are seen: 64, from row 8 and column 28
    assert "Of that square the middle 80% is used, as the model wants it." in encoded.notes
    assert encoded.box == pytest.approx((8, 28, 72, 92))
    assert encoded.seen.shape == (64, 64, 3)
    assert np.array_equal(encoded.seen, wide[8:72, 28:92])


# what the file says, and the refusal
NO_PHOTO = {
    "no mean": ({"image_processor_type": "X", "size": 32, "resample": 2, "image_std": [1, 1, 1]}, "image_mean"),
    "no way of resizing": ({"size": 32, **NORMAL}, "does not say how to prepare a photo (-1)"),
    "two sides": ({**SQUASHED, "size": {"height": 32, "width": 16}}, "size ="),
    "a longest edge": ({**SQUASHED, "size": {"longest_edge": 32}}, "size ="),
    "a side too large": ({**SQUASHED, "size": 5000}, "Sides go up to 1024"),
    "another scale": ({**SQUASHED, "rescale_factor": 1 / 127.5}, "known is 1 / 255"),
    "a filter unheard of": ({**SQUASHED, "resample": 9}, "does not say how"),
    "a std of nothing": ({**SQUASHED, "image_std": [0, 1, 1]}, "cannot be prepared"),
}


@pytest.mark.parametrize(("raw", "said"), NO_PHOTO.values(), ids=NO_PHOTO)
def test_what_cannot_be_kept_is_refused(tmp_path: Path, raw: dict[str, Any], said: str) -> None:
    with pytest.raises(CardError) as refusal:
        options(tmp_path, raw)
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("architecture", "more", "task"),
    [
        ("DistilBertForSequenceClassification", {}, "text-classification"), ("BertForMaskedLM", {}, "masked-word"),
        ("GPT2LMHeadModel", {}, "next-word"), ("LlamaForCausalLM", {}, "next-word"), ("BertModel", {}, "text-encoder"),
        ("ViTForImageClassification", {}, "image-classification"), ("Dinov2Model", {"patch_size": 14}, "image-encoder"),
        ("DeiTForImageClassificationWithTeacher", {}, "image-classification"),
    ],
)  # fmt: skip
def test_the_task_follows_from_the_architecture(architecture: str, more: dict[str, Any], task: str) -> None:
    assert task_of({"architectures": [architecture], **more}) == task


@pytest.mark.parametrize(
    ("config", "tokenizer", "most"),
    [
        ({"max_position_embeddings": 512}, {}, 512), ({"n_positions": 1024, "n_ctx": 1024}, {}, 1024),
        ({"max_position_embeddings": 514, "model_type": "roberta", "pad_token_id": 1}, {}, 512),
        ({"max_position_embeddings": 512}, {"model_max_length": 128}, 128),
        ({"max_position_embeddings": 512}, {"model_max_length": 1e30}, 512), ({}, {}, 512),
    ],
)  # fmt: skip
def test_a_text_is_as_long_as_positions_and_tokenizer_allow(
    tmp_path: Path, config: dict[str, Any], tokenizer: dict[str, Any], most: int
) -> None:
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(tokenizer))
    assert text_options(tmp_path, config) == {"max_tokens": most}


def test_labels_come_in_the_order_of_the_outputs() -> None:
    assert labels_of({"id2label": {"1": "dog", "0": "crane", "2": "crane"}}, "x") == ("crane (0)", "dog", "crane (2)")
    assert labels_of({"id2label": {str(i): f"thing {i}" for i in range(12)}}, "x")[10] == "thing 10"


def test_the_licence_is_the_one_in_the_front_matter(tmp_path: Path) -> None:
    assert licence_of(tmp_path) == "unknown"
    (tmp_path / "README.md").write_text("---\ntags: [a]\nlicense: mit\n---\n")
    assert licence_of(tmp_path) == "mit"


def test_pieces_of_words_are_told_from_words() -> None:
    made = word_pieces()
    assert shown(made, [made.token_to_id(token) for token in ("good", "##able", ".", "[SEP]")]) == ["good", "…able", ".", "[SEP]"]
    spaced = Tokenizer.from_str(json.dumps({
        "version": "1.0", "added_tokens": [], "normalizer": None, "post_processor": None, "truncation": None, "padding": None,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        "decoder": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        "model": {"type": "BPE", "vocab": {"Ġfilm": 0, "film": 1, ",": 2, "Ã": 3, "Ġ": 4, "Ġ,": 5}, "merges": []},
    }))  # fmt: skip
    assert shown(spaced, [0, 1, 2, 3, 4]) == ["film", "…film", ",", "Ã", "Ġ"]
    assert shown(spaced, [2, 5]) == [", (2)", ", (5)"]
    assert shown(spaced, [99]) == ["token 99"]


def test_every_shipped_card_of_the_hub_is_pinned_and_says_how_its_input_is_made() -> None:
    cards, errors = all_cards()
    assert errors == []
    hub = [card for card in cards if card.source == "hub"]
    assert {card.repository.split("/")[1] for card in hub} == {
        "distilbert-base-uncased-finetuned-sst-2-english", "bert-base-multilingual-cased", "gpt2", "vit-base-patch16-224",
        "deit-tiny-patch16-224", "dinov2-small",
    }  # fmt: skip
    for card in hub:
        assert len(card.revision) == 40
        assert card.megabytes > 0
        assert card.text or {"size", "mean", "std", "resample"} <= set(card.image)
        about = (card.folder / "README.md").read_text(encoding="utf-8")
        assert card.revision in about
        assert card.repository in about
