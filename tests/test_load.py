"""From a card to a module, or to an error that says why not."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from attnviz import load, predict
from attnviz.cards import read_card, sha256
from attnviz.errors import CardError, WeightsError
from tests import tiny


@pytest.mark.parametrize("form", [str, Path, read_card])
def test_a_model_is_loaded_from_a_folder_or_a_card(photo_model: Path, form: Any) -> None:
    net = load(form(photo_model))
    expected = tiny.photo_net().state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in net.state_dict().items())
    assert not net.training
    assert not any(parameter.requires_grad for parameter in net.parameters())
    assert net.card.name == "tiny-photo"


def test_half_precision_weights_become_single_precision(tmp_path: Path) -> None:
    folder = tiny.write_photo_model(tmp_path / "model")
    half = {name: value.half() if value.is_floating_point() else value for name, value in tiny.photo_net().state_dict().items()}
    save_file(half, folder / "weights.safetensors")
    rewrite(folder)
    assert {parameter.dtype for parameter in load(folder).parameters()} == {torch.float32}


def rewrite(folder: Path, **changes: Any) -> None:
    """The card again, with the checksum of the weights that are there now."""
    card = read_card(folder)
    values = {key: getattr(card, key) for key in ("task", "input", "net", "config", "image")}
    files = {"weights.safetensors": sha256(folder / "weights.safetensors")}
    tiny.write_card(folder, **{**values, "labels": list(card.labels), "files": files, **changes})


def test_truncated_weights_are_refused_by_their_checksum(photo_model: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(photo_model, tmp_path / "model"))
    path = folder / "weights.safetensors"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(WeightsError, match=r"weights.safetensors is damaged or altered"):
        load(folder)


@pytest.mark.parametrize("content", [b"", b"not safetensors", bytes(100)])
def test_weights_that_are_none_are_refused_even_with_the_right_checksum(tmp_path: Path, content: bytes) -> None:
    folder = tiny.write_photo_model(tmp_path / "model")
    (folder / "weights.safetensors").write_bytes(content)
    rewrite(folder)
    with pytest.raises(WeightsError, match=r"weights.safetensors does not fit the net resnet"):
        load(folder)


def test_an_unknown_net_is_refused_with_those_known(tmp_path: Path) -> None:
    folder = tiny.write_photo_model(tmp_path / "model", net="perceptron")
    with pytest.raises(CardError, match=r"names the net 'perceptron'\. Known are .*bert-classifier, .*resnet"):
        load(folder)


# a config that makes another net, or none
CONFIGS: dict[str, dict[str, Any]] = {
    "other widths": {**tiny.PHOTO, "widths": [8, 8]},
    "one stage more": {**tiny.PHOTO, "widths": [8, 16, 16]},
    "an unknown key": {**tiny.PHOTO, "depth": 3},
    "nothing": {},
    "words for numbers": {**tiny.PHOTO, "widths": ["wide"]},
    "a division by zero": {**tiny.PHOTO, "reduction": 0},
}


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_a_config_that_does_not_fit_the_weights_is_refused_in_one_line(tmp_path: Path, config: dict[str, Any]) -> None:
    folder = tiny.write_photo_model(tmp_path / "model", config=config)
    with pytest.raises(WeightsError, match=r"weights.safetensors does not fit the net resnet") as refusal:
        load(folder)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("changes", [{"hidden_size": 15}, {"hidden_size": "wide"}, {"hidden_act": "unheard of"}, {"vocab_size": 9}])
def test_a_text_config_that_makes_no_net_is_refused(tmp_path: Path, changes: dict[str, Any]) -> None:
    folder = tiny.write_text_model(tmp_path / "model", config={**tiny.TEXT, **changes})
    with pytest.raises(WeightsError, match="does not fit the net bert-classifier"):
        load(folder)


def test_a_text_model_without_its_tokenizer_is_refused(tmp_path: Path) -> None:
    folder = tiny.write_text_model(tmp_path / "model")
    (folder / "tokenizer.json").unlink()
    with pytest.raises(WeightsError, match=r"the file tokenizer.json is missing"):
        load(folder)


def test_a_prediction_is_the_softmax_of_the_logits_and_its_tape_has_the_tokens(text_model: Path) -> None:
    net = load(text_model)
    prediction = predict(net, "unbelievable film!")
    with torch.no_grad():
        logits = net(**prediction.encoded.tensors)[0]
    assert list(prediction.probabilities) == ["negative", "positive"]
    assert list(prediction.probabilities.values()) == pytest.approx(logits.softmax(-1).tolist(), abs=1e-6)
    assert prediction.decision == prediction.ranked[0][0] == net.card.labels[int(logits.argmax())]
    assert prediction.seconds > 0
    tokens = ("[CLS]", "un", "##believ", "##able", "film", "!", "[SEP]")
    assert [m.labels for m in prediction.tape] == [{"query": tokens, "key": tokens}] * 2


def test_options_of_a_prediction_go_to_the_border(photo_model: Path) -> None:
    pixels = torch.arange(40 * 60 * 3, dtype=torch.uint8).view(40, 60, 3).numpy()
    net = load(photo_model)
    assert predict(net, pixels).encoded.box == (0, 10, 40, 50)  # type: ignore[union-attr]
    assert predict(net, pixels, fit="letterbox").encoded.box == (-10, 0, 50, 60)  # type: ignore[union-attr]


def test_the_same_input_gives_the_same_prediction(photo_model: Path) -> None:
    net = load(photo_model)
    pixels = torch.arange(32 * 32 * 3, dtype=torch.uint8).view(32, 32, 3).numpy()
    first, second = predict(net, pixels), predict(load(photo_model), pixels)
    assert first.probabilities == second.probabilities
    assert all((a.dense() == b.dense()).all() for a, b in zip(first.tape, second.tape, strict=True))
