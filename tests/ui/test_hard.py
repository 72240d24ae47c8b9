"""Soft and hard attention on the Text page, run by Streamlit's own test runner."""

import pytest
from streamlit.testing.v1 import AppTest

from attnviz import load, predict
from attnviz.results import Prediction
from attnviz.ui import cache, drawing
from tests.ui.test_pages import open_page

TEXT = "The plot is thin, but the actors are so charming that nobody will mind."


def opened(model: str) -> AppTest:
    page = open_page("text")
    page.text_area(key="text-input").set_value(TEXT)
    page.selectbox(key="text-model").set_value(model).run()
    assert not page.exception
    assert not page.error
    return page


def resample(page: AppTest) -> AppTest:
    return page.button(key="text-resample").click().run()


def decided(page: AppTest) -> str:
    return next(element.value for element in page.markdown if element.value.startswith("Decision:"))


def seen(page: AppTest) -> str:
    """What the classifier is said to have seen."""
    caption = next(element.value for element in page.caption if element.value.startswith("It saw"))
    return caption.partition("“")[2].partition("”")[0] if "“" in caption.partition(".")[0] else caption


def told(prediction: Prediction) -> str:
    words = [w.text for w, t in zip(prediction.encoded.words, prediction.tape["picker.picks"].dense(), strict=True) if t]
    return " ".join(words)


@pytest.mark.parametrize(("model", "said"), [("sentiment-soft", "has the largest"), ("sentiment-hard", "bits open")])
def test_a_model_without_heads_has_a_view_of_its_own(model: str, said: str) -> None:
    page = opened(model)
    assert decided(page)
    assert any(said in element.value for element in page.caption)


def test_the_first_picks_are_the_most_probable_and_resample_draws_with_the_seed_in_sight_then_the_next() -> None:
    page, net = opened("sentiment-hard"), load("sentiment-hard")
    assert seen(page) == told(predict(net, TEXT))
    for seed in (1, 2, 3):
        resample(page)
        assert page.number_input(key="text-seed").value == seed
        drawn = predict(net, TEXT, seed=seed)
        assert seen(page) == told(drawn)
        assert f"**{drawn.decision}**" in decided(page)
        assert f"{drawn.ranked[0][1]:.3f}" in decided(page)
    assert any("drawn by its odds, with seed 3" in element.value for element in page.caption)


def test_a_typed_seed_draws_and_there_is_a_way_back_to_the_most_probable_picks() -> None:
    page = opened("sentiment-hard")
    first, probable = decided(page), seen(page)
    page.number_input(key="text-seed").set_value(8).run()
    assert page.segmented_control(key="text-picks").value == "drawn"
    assert seen(page) != probable
    page.segmented_control(key="text-picks").set_value("probable").run()
    assert (decided(page), seen(page)) == (first, probable)


def test_samples_are_drawn_once_for_a_sentence_and_each_seed_runs_the_model_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []
    sampling, predicting = drawing.resample, cache.predict_as
    monkeypatch.setattr(drawing, "resample", lambda *given: calls.append("samples") or sampling(*given))
    monkeypatch.setattr(cache, "predict_as", lambda *given, **options: calls.append(options) or predicting(*given, **options))
    page = opened("sentiment-hard")
    calls.clear()
    for seed in (7, 8, 7, 8):
        page.number_input(key="text-seed").set_value(seed).run()
    resample(page)
    assert [call["seed"] for call in calls] == [7, 8, 9]


def test_a_sentence_of_which_nothing_is_picked_says_so() -> None:
    page = opened("sentiment-hard")
    page.text_area(key="text-input").set_value("it").run()
    assert not page.exception
    assert seen(page).startswith("It saw nothing: no word was picked.")
    assert any("without having read anything" in element.value for element in page.caption)


@pytest.mark.parametrize("model", ["sentiment-soft", "sentiment-hard"])
@pytest.mark.parametrize("text", ["good " * 300, "<b>*x*</b> $5$ `y` 😀 שלום", "."])
def test_any_sentence_is_shown(model: str, text: str) -> None:
    page = opened(model)
    page.text_area(key="text-input").set_value(text).run()
    assert not page.exception
    assert not page.error
