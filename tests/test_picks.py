"""Hard attention the whole way: text -> picks, odds, samples, files and metrics."""

from pathlib import Path

import numpy as np
import pytest
import torch

from attnviz import load, plot, predict
from attnviz.errors import InputError
from attnviz.evaluate import evaluate
from attnviz.export.numbers import summary
from attnviz.maps import AttentionMap
from attnviz.nets import Net
from attnviz.predict import resample
from attnviz.views import exhibits
from attnviz.weights import Dense
from tests import tiny

TEXT = "a good unbelievable film , bad ! a film ."


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = tmp_path_factory.mktemp("sentences")
    return {kind: tiny.write_sentence_model(made / kind, kind) for kind in ("soft", "hard")}


@pytest.fixture(scope="module")
def hard(folders: dict[str, Path]) -> Net:
    return load(folders["hard"])


@pytest.fixture(scope="module")
def soft(folders: dict[str, Path]) -> Net:
    return load(folders["soft"])


def picks(net: Net, seed: int | None) -> list[float]:
    return predict(net, TEXT, seed=seed).tape["picker.picks"].dense().tolist()


def test_odds_and_picks_are_labelled_with_the_words_as_they_were_typed(hard: Net) -> None:
    prediction = predict(hard, "A good UNBELIEVABLE film")
    assert prediction.encoded.tensors["word_ids"].tolist() == [[0, 1, 2, 2, 2, 3]]
    for layer in ("picker.odds", "picker.picks"):
        assert prediction.tape[layer].labels == {"word": ("A", "good", "UNBELIEVABLE", "film")}


def test_the_readers_attention_is_labelled_with_the_start_and_the_picked_tokens(hard: Net) -> None:
    prediction = predict(hard, TEXT)
    taken = prediction.tape["picker.picks"].dense()
    assert 0 < taken.sum() < len(taken)
    picked = [
        prediction.encoded.tokens[i] for word, t in zip(prediction.encoded.words, taken, strict=True) if t for i in word.positions
    ]
    assert prediction.tape["reader.attention"].labels == {"key picked": ("[start]", *picked)}


def test_soft_attention_is_labelled_with_the_tokens(soft: Net) -> None:
    prediction = predict(soft, "A good UNBELIEVABLE film")
    assert prediction.tape["attention"].labels == {"key": ("a", "good", "un", "##believ", "##able", "film")}


def test_a_file_names_the_seed_that_it_was_drawn_with(hard: Net) -> None:
    assert summary(predict(hard, TEXT, seed=7))["seed"] == 7
    assert "seed" not in summary(predict(hard, TEXT))


def test_a_seed_picks_the_same_again(hard: Net) -> None:
    assert picks(hard, 7) == picks(hard, 7)
    assert len({tuple(picks(hard, seed)) for seed in range(30)}) > 1


def test_each_sample_is_the_prediction_with_its_own_seed(hard: Net) -> None:
    samples = resample(hard, hard.encode(TEXT), seed=5, count=4)
    assert samples.picks.shape == (4, 10)
    for i in range(4):
        alone = predict(hard, TEXT, seed=5 + i)
        assert samples.picks[i].tolist() == alone.tape["picker.picks"].dense().tolist()
        np.testing.assert_allclose(samples.probabilities[i], list(alone.probabilities.values()), atol=1e-6)
        np.testing.assert_allclose(samples.odds, alone.tape["picker.odds"].dense())


@pytest.mark.parametrize("call", [lambda net: predict(net, TEXT, seed=1), lambda net: resample(net, net.encode(TEXT), 1)])
def test_a_seed_for_a_net_that_draws_nothing_is_refused(soft: Net, call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=r"Soft draws nothing by chance\. Leave the seed out"):
        call(soft)


@pytest.mark.parametrize("seed", [-1, 1 << 32])
def test_a_seed_out_of_range_is_refused(hard: Net, seed: int) -> None:
    with pytest.raises(InputError, match=r"is no seed\. Take a whole number from 0 to 4,294,967,295"):
        predict(hard, TEXT, seed=seed)


@pytest.mark.parametrize("seed", [None, 7])
def test_the_figure_shows_odds_and_fills_what_was_picked(hard: Net, seed: int | None) -> None:
    prediction = predict(hard, TEXT, seed=seed)
    shown = {exhibit.name: exhibit for exhibit in exhibits(prediction)}["odds"]
    (figure,), caption = shown.figures, shown.caption
    odds, squares = figure.data
    np.testing.assert_allclose(odds.y, prediction.tape["picker.odds"].dense())
    taken = prediction.tape["picker.picks"].dense()
    assert [symbol == "square" for symbol in squares.marker.symbol] == taken.astype(bool).tolist()
    assert ("with seed 7" in caption) == (seed == 7)
    assert [name.rstrip("\u200b") for name in figure.data[0].x] == TEXT.split()
    assert len(set(figure.data[0].x)) == 10  # the same word twice is two bars
    assert f"{int(taken.sum())} of 10 are picked, " in caption


def test_the_figure_of_soft_attention_is_its_weights(soft: Net) -> None:
    prediction = predict(soft, TEXT)
    m = prediction.tape["attention"]
    shown = {exhibit.name: exhibit for exhibit in exhibits(prediction, "soft", {"merge": "0"})}["row"]
    (figure,), caption = shown.figures, shown.caption
    np.testing.assert_allclose(figure.data[0].z[0], m.dense())
    assert f"“{m.labels['key'][int(m.dense().argmax())]}” has the largest, {m.dense().max():.3f}." in caption


def test_markup_in_a_word_stays_text() -> None:
    given = {"kind": "hard", "mechanism": "bernoulli", "norm": "sigmoid", "axes": ("word",)}
    m = AttentionMap(layer="x", weights=Dense(np.array([0.5, 0.25])), labels={"word": ("<b>", "&")}, **given)
    assert list(plot.sentence(m).data[0].x) == ["&lt;b&gt;", "&amp;"]


def test_metrics_are_those_of_single_predictions(hard: Net, tmp_path: Path) -> None:
    sentences = ["a good film", "bad film ! ! b", "unbelievable", "film film a b good"]
    tiny.write_sst(tmp_path, test=[f"({4 * (i % 2)} {text})" for i, text in enumerate(sentences)])
    made = [predict(hard, text) for text in sentences]
    right = sum(p.decision == ("negative", "positive")[i % 2] for i, p in enumerate(made))
    share = np.mean([p.tape["picker.picks"].dense().mean() for p in made])
    rightly = [p.decision == ("negative", "positive")[i % 2] for i, p in enumerate(made)]
    sure = [p.ranked[0][1] for p in made]
    bins = [min(int(15 * probability), 14) for probability in sure]
    ece = sum(abs(sum(sure[i] - rightly[i] for i in range(4) if bins[i] == one)) for one in set(bins)) / 4
    found = evaluate(hard, tmp_path)
    assert found == {"accuracy": right / 4, "n": 4, "picked": pytest.approx(share), "ece": pytest.approx(ece)}


@pytest.mark.parametrize("kind", ["soft", "hard"])
@pytest.mark.parametrize("text", ["שלום 你好 😀", "x", "\u0e33\u0301", "a" * 5000, "good " * 400, "<script>"])
def test_any_text_is_decided(folders: dict[str, Path], kind: str, text: str) -> None:
    prediction = predict(load(folders[kind]), text)
    assert abs(sum(prediction.probabilities.values()) - 1) < 1e-9
    assert all(torch.isfinite(torch.from_numpy(m.dense().copy())).all() for m in prediction.tape)
