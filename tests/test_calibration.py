"""Calibration by hand, and a temperature found again."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from attnviz import load, predict
from attnviz.calibration import calibration_error, fitted_temperature
from attnviz.cards import find_card, read_card
from attnviz.errors import CardError
from attnviz.predict import resample
from attnviz.train.calibrate import calibrate, write
from tests import tiny


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny.write_text_model(tmp_path / "model")


def test_the_error_is_the_gap_of_each_bin_by_its_share() -> None:
    sure = torch.tensor(
        [0.95, 0.91, 0.6, 0.65], dtype=torch.float64
    )  # with ten bins: two in the last one, both right, two in 0.6 to 0.7, one right
    odds = torch.stack([sure, 1 - sure], 1)
    labels = torch.tensor([0, 0, 0, 1])
    # 0.6 is the upper end of the bin before: alone there, and right.
    assert calibration_error(odds, labels, 10) == pytest.approx((0.07 * 2 + 0.4 + 0.65) / 4, abs=1e-6)


def test_certain_and_always_right_is_no_error_and_always_wrong_is_one() -> None:
    odds = torch.eye(2, dtype=torch.float64)
    assert calibration_error(odds, torch.tensor([0, 1])) == 0
    assert calibration_error(odds, torch.tensor([1, 0])) == 1


def test_the_temperature_that_logits_were_sharpened_with_is_found() -> None:
    torch.manual_seed(0)
    true = torch.randn(20_000, 3, dtype=torch.float64) * 1.5
    labels = torch.multinomial(true.softmax(-1), 1)[:, 0]
    assert fitted_temperature(true * 2.5, labels) == pytest.approx(2.5, rel=0.03)


def test_no_other_temperature_makes_the_labels_more_likely() -> None:
    torch.manual_seed(1)
    logits = torch.randn(50, 2, dtype=torch.float64) * 3
    labels = (logits + torch.randn(50, 2)).argmax(-1)
    best = fitted_temperature(logits, labels)
    cost = {heat: float(F.cross_entropy(logits / heat, labels)) for heat in (best / 1.01, best, best * 1.01)}
    assert min(cost, key=lambda heat: cost[heat]) == best


def test_a_models_temperature_divides_its_logits_and_moves_no_decision(folder: Path) -> None:
    plain = predict(load(folder), "a good film")
    write(folder / "card.toml", "temperature", 2.0)
    warm = predict(load(folder), "a good film")
    logit = {label: np.log(odds) for label, odds in plain.probabilities.items()}
    expected = np.exp(np.array(list(logit.values())) / 2)
    np.testing.assert_allclose(list(warm.probabilities.values()), expected / expected.sum(), rtol=1e-6)
    assert warm.decision == plain.decision


def test_drawn_decisions_have_the_temperature_too(tmp_path: Path) -> None:
    hard = tiny.write_sentence_model(tmp_path / "hard", "hard")
    write(hard / "card.toml", "temperature", 3.0)
    net = load(hard)
    encoded = net.encode("a good film un bad")
    alone = list(predict(net, "a good film un bad", seed=5).probabilities.values())
    np.testing.assert_allclose(resample(net, encoded, 5, 1).probabilities[0], alone, rtol=1e-5)


def test_what_is_fitted_on_the_dev_split_is_written_into_the_card(tmp_path: Path, folder: Path) -> None:
    trees = [
        f"({4 if i % 3 else 0} {words})" for i, words in enumerate(["a good film", "bad !", "good bad", "film film", "un good"] * 4)
    ]
    tiny.write_sst(tmp_path, dev=trees)
    found = calibrate(read_card(folder), tmp_path)
    text = (folder / "card.toml").read_text()
    assert read_card(folder).temperature == found["temperature"]
    assert calibrate(read_card(folder), tmp_path)["temperature"] == found["temperature"]
    assert (folder / "card.toml").read_text() == text
    load(folder)


@pytest.mark.parametrize("heat", ["0.0", "-1.5", "inf", "nan"])
def test_a_temperature_that_is_none_is_refused(folder: Path, heat: str) -> None:
    write(folder / "card.toml", "temperature", float(heat))
    with pytest.raises(CardError, match=r"has temperature = .*Give a number above 0"):
        read_card(folder)


def test_a_model_that_decides_on_no_sentences_has_no_temperature_to_fit(photo_model: Path, tmp_path: Path) -> None:
    with pytest.raises(CardError, match="no temperature to fit"):
        calibrate(find_card(str(photo_model)), tmp_path)
