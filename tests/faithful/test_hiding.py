"""Hiding parts of inputs: what is hidden is gone, and nothing else is."""

from pathlib import Path

import numpy as np
import pytest
import torch

from attnviz.errors import InputError
from attnviz.faithful import hiding, tried
from attnviz.faithful.hiding import blurred, without
from attnviz.inside.modes import Weighed
from attnviz.load import load
from attnviz.predict import predict
from tests import tiny

TEXT = "a good film a bad film un a b good"  # as many words as the tiny models take


@pytest.fixture(scope="module")
def hard_words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write_sentence_model(tmp_path_factory.mktemp("models") / "tiny-hard", "hard")


@pytest.fixture(scope="module")
def hard_places(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write_glimpse_model(tmp_path_factory.mktemp("models") / "tiny-glimpse")


def photo(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (32, 32, 3), dtype=np.uint8)


def test_without_moves_the_kept_tokens_together() -> None:
    tensors = {"input_ids": torch.tensor([[5, 6, 7, 8]]), "attention_mask": torch.ones(1, 4, dtype=torch.long)}
    found = without(tensors, torch.tensor([[True, False, True, True], [False, True, False, False], [False] * 4]))
    assert found["input_ids"].tolist() == [[5, 7, 8], [6, 0, 0], [0, 0, 0]]
    assert found["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0], [1, 0, 0]]


def test_a_text_without_some_words_is_that_text(text_model: Path) -> None:
    """Hiding words says what the model says of the text in which they were never typed."""
    model = load(text_model)
    prediction = predict(model, TEXT)
    hidden = hiding(model, prediction)
    kept = np.ones((2, len(hidden.names)), dtype=np.bool_)
    kept[1, [1, 4]] = False
    typed = " ".join(word for i, word in enumerate(TEXT.split()) if i not in (1, 4))
    said = hidden.say(kept)
    assert said[0] == pytest.approx(prediction.probabilities[str(prediction.decision)], abs=1e-6)
    assert said[1] == pytest.approx(predict(model, typed).probabilities[str(prediction.decision)], abs=1e-6)


@pytest.mark.parametrize("kind", ["words", "places"])
def test_hiding_what_hard_attention_did_not_pick_changes_nothing_to_the_bit(
    kind: str, hard_words: Path, hard_places: Path
) -> None:  # fmt: skip
    model = load(hard_words if kind == "words" else hard_places)
    prediction = predict(model, TEXT if kind == "words" else photo())
    hidden = hiding(model, prediction)
    picked = np.asarray(hidden.matters)
    assert 0 < picked.sum() < len(picked)
    kept = np.concatenate(
        [np.ones((1, len(picked)), dtype=np.bool_), picked[None], np.random.default_rng(0).random((20, len(picked))) < 0.5]
    )
    kept[2:] |= picked
    said = hidden.say(kept)
    assert (said == said[0]).all()
    kept[2:] &= ~picked
    assert not (hidden.say(kept)[2:] == said[0]).any()


def test_a_hidden_place_shows_nothing_of_its_pixels(photo_model: Path) -> None:
    """Two photos that differ in one place by noise of one mean are the same once that place takes the mean colour."""
    model = load(photo_model)
    first = photo(1)
    second = first.copy()
    second[:4, :4] = second[:4, :4][::-1]
    seen = [hiding(model, predict(model, pixels), "mean") for pixels in (first, second)]
    kept = np.ones((1, 64), dtype=np.bool_)
    kept[0, 0] = False
    torch.testing.assert_close(seen[0].outputs(kept), seen[1].outputs(kept))
    assert not torch.allclose(seen[0].outputs(kept | True), seen[1].outputs(kept | True))


def test_a_blur_keeps_an_even_photo_and_the_mean_of_a_noisy_one() -> None:
    even = torch.full((1, 3, 32, 32), 0.25)
    torch.testing.assert_close(blurred(even), even)
    noise = torch.randn(1, 3, 64, 64)
    assert float(blurred(noise).std()) < 0.2 * float(noise.std())


def test_a_model_that_decides_nothing_is_refused(text_model: Path) -> None:
    from dataclasses import replace

    prediction = predict(load(text_model), TEXT)
    with pytest.raises(InputError, match="decided nothing"):
        hiding(load(text_model), replace(prediction, probabilities={}))


def test_weights_in_the_open_give_what_the_kernel_gives(text_model: Path) -> None:
    model = load(text_model)
    tensors = predict(model, TEXT).encoded.tensors
    with torch.no_grad(), Weighed() as open_:
        found = model(**tensors)
    with torch.no_grad():
        torch.testing.assert_close(found, model(**tensors))
    assert [weights.shape for weights in open_.weights] == [(1, 4, 12, 12)] * 2
    torch.testing.assert_close(open_.weights[0].sum(-1), torch.ones(1, 4, 12))


def test_every_method_ranks_every_word(text_model: Path) -> None:
    model = load(text_model)
    found = {one.method: one for one in tried(model, predict(model, TEXT))}
    assert list(found) == [
        "attention", "head shown first", "rollout", "flow", "relevance", "gradient x input", "integrated gradients", "occlusion"
    ]  # fmt: skip
    assert all(len(one.strengths) == len(one.names) == 10 for one in found.values())
    whole = found["occlusion"]
    assert whole.trial.deleted[0] == pytest.approx(whole.trial.inserted[10])
