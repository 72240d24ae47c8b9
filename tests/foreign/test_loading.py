"""Models of others from a folder: the same numbers as transformers gives, and refusals in words that help."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers as hf
from PIL import Image

from attnviz import load, predict
from attnviz.cards import read_card
from attnviz.encode import Patches
from attnviz.errors import AttnvizError, CardError, WeightsError
from attnviz.foreign.files import absent
from attnviz.results import Prediction
from tests.foreign.making import KINDS, PHOTO, card, saved

PIXELS = np.random.default_rng(0).integers(0, 256, (48, 48, 3), dtype=np.uint8)
SENTENCE = "a good unbelievable film!"


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def folder(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("brought") / "model", kind)


def result(folder: Path, text: str = SENTENCE) -> Prediction:
    net = load(folder)
    return predict(net, text if net.card.input == "text" else PIXELS)


def eager(folder: Path, prediction: Prediction, auto: str) -> Any:
    """What transformers itself says with its eager weights, loaded by itself."""
    model = getattr(hf, auto).from_pretrained(folder, attn_implementation="eager").eval()
    tensors = dict(prediction.encoded.tensors)
    if "image" in tensors:
        tensors = {"pixel_values": tensors["image"]}
    with torch.no_grad():
        return model(**tensors, output_attentions=True)


AUTOS = {
    "text-classification": "AutoModelForSequenceClassification", "masked-word": "AutoModelForMaskedLM",
    "next-word": "AutoModelForCausalLM", "image-classification": "AutoModelForImageClassification",
}  # fmt: skip


def test_maps_are_the_models_own_eager_weights(folder: Path, kind: str) -> None:
    prediction = result(folder)
    own = eager(folder, prediction, AUTOS.get(KINDS[kind].task, "AutoModel")).attentions
    assert len(prediction.tape) == len(own) == 2
    worst = max(float(np.abs(m.dense() - weights[0].numpy()).max()) for m, weights in zip(prediction.tape, own, strict=True))
    print(f"largest difference {worst:.1e}")
    assert worst <= 1e-5
    assert max(m.dense().max() / m.dense().mean() for m in prediction.tape) > 1.5


def test_attention_stays_in_the_kernel_where_there_is_one(folder: Path, kind: str) -> None:
    backends = {m.receipt.backend_during for m in result(folder).tape if m.receipt}
    assert (backends == {"fused kernel"}) == ("without a kernel" not in kind)


def test_a_decision_is_the_softmax_of_the_models_own_logits(folder: Path, kind: str) -> None:
    prediction = result(folder)
    if KINDS[kind].task.endswith("-encoder"):
        assert (prediction.decision, prediction.ranked) == (None, [])
        assert "decides nothing" in prediction.why_none
    elif KINDS[kind].task.endswith("-classification"):
        odds = eager(folder, prediction, AUTOS[KINDS[kind].task]).logits[0].softmax(-1).tolist()
        assert list(prediction.probabilities.values()) == pytest.approx(odds, abs=1e-5)
    elif KINDS[kind].task == "next-word":
        odds = eager(folder, prediction, AUTOS["next-word"]).logits[0, -1].softmax(-1)
        assert [value for _, value in prediction.ranked] == pytest.approx(odds.topk(10).values.tolist(), abs=1e-5)
        assert prediction.about == "the next token"
    else:
        assert prediction.decision is None
        assert "Write [MASK]" in prediction.why_none


def test_the_folder_says_the_labels_and_what_is_there_twice_gets_its_number(tmp_path: Path) -> None:
    net = load(saved(tmp_path / "model", "BERT classifier"))
    assert net.card.labels == ("bad", "good (1)", "good (2)")
    assert load(saved(tmp_path / "named", "BERT classifier", labels=["a", "b", "c"])).card.labels == ("a", "b", "c")


def test_the_gap_is_filled_where_it_stands_and_other_special_tokens_are_text(tmp_path: Path) -> None:
    folder = saved(tmp_path / "model", "BERT with a gap")
    prediction = result(folder, "a [MASK] film [MASK] [SEP]")
    tokens = prediction.encoded.tokens  # type: ignore[union-attr]
    assert tokens[:5] == ("[CLS]", "a", "[MASK]", "film", "[MASK]")
    assert tokens.count("[SEP]") == 1
    assert prediction.about == "what stands at the first [MASK]"
    odds = eager(folder, prediction, "AutoModelForMaskedLM").logits[0, 2].softmax(-1)
    assert prediction.ranked[0][1] == pytest.approx(float(odds.max()), abs=1e-5)
    assert len(prediction.ranked) == 10
    assert "…believ" in predict(load(folder), "un [MASK]").probabilities or len(set(prediction.probabilities)) == 10


def test_a_decoder_looks_back_only_and_its_tokens_are_letters_of_the_text(tmp_path: Path) -> None:
    prediction = result(saved(tmp_path / "model", "GPT-2"), "ab é")
    assert prediction.encoded.tokens[:2] == ("a", "b")  # type: ignore[union-attr]
    assert prediction.encoded.tokens[-2:] == ("é", "é")  # type: ignore[union-attr]  # two bytes of one letter
    weights = next(iter(prediction.tape)).head(0)
    assert np.triu(weights, 1).max() == 0


def test_text_longer_than_the_model_is_cut_to_its_positions(tmp_path: Path) -> None:
    prediction = result(saved(tmp_path / "model", "BERT bare"), "good film " * 40)
    assert len(prediction.encoded.tokens) == 24  # type: ignore[union-attr]
    assert "The model takes 24 tokens" in prediction.encoded.notes[0]


@pytest.mark.parametrize(
    ("kind", "prefix"),
    [("ViT", ("CLS",)), ("DINOv2", ("CLS",)), ("DINOv2 with registers", ("CLS", "register 0", "register 1", "register 2"))],
)
def test_positions_of_a_photo_are_named(tmp_path: Path, kind: str, prefix: tuple[str, ...]) -> None:
    prediction = result(saved(tmp_path / "model", kind))
    for m in prediction.tape:
        assert prediction.grid(m) == prediction.grid(m, "query") == Patches(4, 4, prefix)
        assert m.labels["key"] == (*prefix, *(f"row {row}, column {column}" for row in range(4) for column in range(4)))


def test_windows_are_no_patches_of_one_grid(tmp_path: Path) -> None:
    config = hf.SwinConfig(image_size=32, patch_size=4, embed_dim=16, depths=[2, 2], num_heads=[2, 4], window_size=4)
    hf.SwinForImageClassification(config).save_pretrained(tmp_path)
    (tmp_path / "preprocessor_config.json").write_text((saved(tmp_path / "vit", "ViT") / "preprocessor_config.json").read_text())
    prediction = result(card(tmp_path, "image-classification"))
    assert prediction.patches == {}
    assert next(iter(prediction.tape)).axes[0] == "window"


def edited(folder: Path, **changes: Any) -> None:
    """config.json with other entries; None takes one away."""
    config = {**json.loads((folder / "config.json").read_text()), **changes}
    (folder / "config.json").write_text(json.dumps({key: value for key, value in config.items() if value is not None}))


def pickled(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


# what is done to a folder, and what the refusal says
REFUSED: dict[str, tuple[Any, type[AttnvizError], str]] = {
    "code of its own": (
        lambda f: edited(f, auto_map={"AutoModel": "code.Model"}), CardError, r"code of its own \(auto_map\), and code of a model"
    ),
    "pickles only": (pickled, WeightsError, "holds no model.safetensors, only pytorch_model.bin, and such a file can run code"),
    "code and pickles": (lambda f: (edited(f, auto_map={"a": "b"}), pickled(f)), CardError, "auto_map"),
    "no weights": (lambda f: (f / "model.safetensors").unlink(), WeightsError, "holds no model.safetensors. Load"),
    "no config": (lambda f: (f / "config.json").unlink(), WeightsError, "config.json is not readable as JSON"),
    "a broken config": (lambda f: (f / "config.json").write_text("{"), WeightsError, "config.json is not readable as JSON"),
    "a config that is a list": (lambda f: (f / "config.json").write_text("[]"), WeightsError, "holds no table"),
    "no tokenizer": (lambda f: (f / "tokenizer.json").unlink(), WeightsError, "its folder lacks tokenizer.json"),
    "a broken tokenizer": (lambda f: (f / "tokenizer.json").write_text("{}"), WeightsError, "is no tokenizer"),
    "another task": (lambda f: edited(f, architectures=["BertForMaskedLM"]), CardError, "says text-classification, but"),
    "an unknown architecture": (lambda f: edited(f, architectures=["BertForPonies"]), CardError, "the architecture BertForPonies"),
    "no architecture": (lambda f: edited(f, architectures=None), CardError, "the architecture of nothing"),
    "an encoder with a decoder": (lambda f: edited(f, is_encoder_decoder=True), CardError, "an encoder and a decoder"),
    "an unknown model": (lambda f: edited(f, model_type="pony"), WeightsError, "transformers could not make it"),
    "another size": (lambda f: edited(f, hidden_size=64), WeightsError, "transformers could not make it"),
    "labels that do not count": (lambda f: edited(f, id2label={"1": "x"}), CardError, "does not count from 0"),
    "damaged weights": (lambda f: (f / "model.safetensors").write_bytes(b"x" * 50), WeightsError, "transformers could not make it"),
}  # fmt: skip


@pytest.mark.parametrize(("damage", "error", "said"), REFUSED.values(), ids=REFUSED)
def test_a_folder_that_cannot_be_trusted_or_used_is_refused(tmp_path: Path, damage: Any, error: type, said: str) -> None:
    folder = saved(tmp_path / "model", "BERT classifier")
    damage(folder)
    with pytest.raises(error, match=said) as refusal:
        load(folder)
    assert "\n" not in str(refusal.value)


def test_code_beside_a_model_is_never_run(tmp_path: Path) -> None:
    folder = saved(tmp_path / "model", "BERT classifier")
    (folder / "code.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    edited(folder, auto_map={"AutoModelForSequenceClassification": "code.Model", "AutoConfig": "code.Config"})
    with pytest.raises(CardError):
        load(folder)
    assert not (tmp_path / "ran").exists()


def test_weights_that_would_be_made_up_are_refused_by_name(tmp_path: Path) -> None:
    folder = saved(tmp_path / "model", "BERT bare", task="text-classification")
    edited(folder, architectures=["BertForSequenceClassification"])
    with pytest.raises(WeightsError, match=r"lack 2 weights of the architecture, classifier\.bias first"):
        load(folder)


def test_a_classifier_may_be_brought_as_the_encoder_inside(tmp_path: Path) -> None:
    prediction = result(saved(tmp_path / "model", "ViT", task="image-encoder"))
    assert prediction.decision is None
    assert len(prediction.tape) == 2


@pytest.mark.parametrize("problem", ["multi_label_classification", "regression"])
def test_scores_that_are_no_choice_are_no_decision(tmp_path: Path, problem: str) -> None:
    folder = saved(tmp_path / "model", "BERT classifier")
    edited(folder, problem_type=problem)
    prediction = result(folder)
    assert prediction.decision is None
    assert "no decision is shown" in prediction.why_none


def test_a_tokenizer_with_more_words_than_the_model_is_a_sentence(tmp_path: Path) -> None:
    folder = saved(tmp_path / "model", "BERT classifier")
    folder.joinpath("tokenizer.json").write_text(KINDS["GPT-2"].tokenizer().to_str())  # type: ignore[misc]
    with pytest.raises(WeightsError, match="cannot take this input"):
        result(folder, "~~~ ÿÿÿ")


# what the card holds instead, and what the error says
WRONG = {
    "an unknown source": ({"source": "cloud"}, r"source = 'cloud'\. Known are own, hub, folder"),
    "an unknown task": ({"task": "poetry"}, r"task = 'poetry'\. Known for models of others are text-classification"),
    "the wrong input": ({"input": "image"}, "input = 'image', but text-classification takes text"),
    "no path": ({"path": None}, "lacks path"),
    "a repository that is a path": (
        {"source": "hub", "repository": "../../etc", "revision": "a" * 40}, r"repository = '../../etc'\. Write it as"
    ),
    "a branch for a commit": ({"source": "hub", "repository": "a/b", "revision": "main"}, "revision = 'main'. Pin the full commit"),
    "too few labels": ({"labels": ["a"]}, "names 1 labels for a net with 3 outputs"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "said"), WRONG.values(), ids=WRONG)
def test_a_wrong_card_is_refused(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    folder = saved(tmp_path / "model", "BERT classifier", **changes)
    with pytest.raises(CardError, match=said):
        load(folder)


def test_a_checksum_in_the_card_is_kept(tmp_path: Path) -> None:
    folder = saved(tmp_path / "model", "ViT", files={"model.safetensors": "0" * 64})
    with pytest.raises(WeightsError, match=r"model.safetensors is damaged or altered"):
        load(folder)


def test_a_folder_elsewhere_is_found_from_its_card_or_said_to_be_gone(tmp_path: Path) -> None:
    saved(tmp_path / "weights", "ViT")
    assert absent(read_card(card(tmp_path / "cards" / "a", "image-classification", path="../../weights"))) == ""
    assert absent(read_card(card(tmp_path / "cards" / "b", "image-classification", path=str(tmp_path / "weights")))) == ""
    gone = read_card(card(tmp_path / "cards" / "c", "image-classification", path="nowhere"))
    assert "there is no folder" in absent(gone)
    with pytest.raises(WeightsError, match="Tiny is not on this machine: there is no folder"):
        load(gone)


def test_a_photo_larger_than_the_model_takes_is_a_sentence(tmp_path: Path) -> None:
    image = {"size": PHOTO["image_size"] * 2, "mean": [0.5] * 3, "std": [0.5] * 3}
    with pytest.raises(WeightsError, match="cannot take this input"):
        result(saved(tmp_path / "model", "ViT", image=image))


def test_a_pillow_image_gives_the_same_as_its_pixels(tmp_path: Path) -> None:
    net = load(saved(tmp_path / "model", "ViT"))
    first, second = predict(net, PIXELS), predict(net, Image.fromarray(PIXELS))
    assert first.probabilities == second.probabilities
