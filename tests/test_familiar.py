"""Familiarity by hand, and what is said of an input that a model does not know."""

from pathlib import Path

import numpy as np
import pytest
import torch

from attnviz import load, predict
from attnviz.cards import read_card
from attnviz.errors import CardError
from attnviz.familiar import familiarity, least_familiar
from attnviz.train.calibrate import write
from tests import tiny


def test_familiarity_is_the_log_of_the_sum_of_e_to_the_logits_less_their_mean() -> None:
    logits = torch.tensor([[0.0, 0.0], [np.log(3.0), np.log(5.0)]])
    assert familiarity(logits).tolist() == pytest.approx([np.log(2), np.log(8) - np.log(15) / 2])


def test_what_moves_no_probability_moves_no_familiarity() -> None:
    logits = torch.randn(5, 7, dtype=torch.float64)
    torch.testing.assert_close(familiarity(logits + 100), familiarity(logits))


def test_nineteen_of_twenty_are_at_least_as_familiar_as_the_least() -> None:
    logits = torch.stack([torch.arange(100.0), torch.zeros(100)], dim=1)
    least = least_familiar(logits)
    assert least == pytest.approx(np.log(np.exp(4) + 1) - 2)
    assert int((familiarity(logits) >= least).sum()) == 96


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny.write_photo_model(tmp_path / "model")


def test_a_photo_is_known_from_the_cards_number_on(folder: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    net = load(folder)
    found = float(familiarity(net(net.encode(pixels).tensors["image"]))[0])
    plain = predict(net, pixels)
    assert plain.known
    for least, known in ((found - 0.01, True), (found + 0.01, False)):
        write(folder / "card.toml", "known_from", least)
        result = predict(load(folder), pixels)
        assert result.known is known
        assert result.probabilities == plain.probabilities
        label = plain.decision
        assert result.words == (label if known else f"nothing that this model knows, closest: {label}")
        assert result.said.startswith(f"{result.words} 0.")
        assert ("known" in result.answer) is not known


@pytest.mark.parametrize("least", ["inf", "nan"])
def test_a_number_that_is_none_is_refused(folder: Path, least: str) -> None:
    write(folder / "card.toml", "known_from", float(least))
    with pytest.raises(CardError, match="known_from"):
        read_card(folder)
