"""What is said and shown of a forecast."""

import numpy as np
import pytest

from attnviz import SeriesResult, load
from attnviz.encode import encode_series
from attnviz.predict import predict_as
from attnviz.views import exhibits, series_ahead, views_of
from attnviz.views.series_ahead import half
from tests import tiny


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> SeriesResult:
    model = load(tiny.write_series_model(tmp_path_factory.mktemp("models") / "tiny-series"))
    return predict_as(SeriesResult, model, [float(i % 5) + i / 10 for i in range(30)], hold_back=2)


def test_layers_are_found_by_what_their_numbers_are_for(result: SeriesResult) -> None:
    assert [view.name for view in views_of(result)] == ["ahead", "past"]
    assert {role: [m.layer for m in result.tape.of(role)] for role in ("ahead", "past", "odds")} == {
        "ahead": ["look"], "past": ["self_attention"], "odds": [],
    }  # fmt: skip
    assert result.tape.of("ahead")[0].labels["query"] == ("step 29", "step 30", "step 31")


def test_a_step_and_a_head_are_a_row_of_that_heads_map(result: SeriesResult) -> None:
    forecast, steps, ranked = series_ahead.exhibits(result, {"step": 2, "head": 1})
    weights = result.tape["look"].head(1)
    assert np.array_equal(forecast.maps[0].dense(), weights)
    assert np.array_equal(np.asarray(forecast.figures[0].data[-1].y, np.float32), weights[1])
    assert np.array_equal(np.asarray(steps.figures[0].data[0].z, np.float32), weights)
    assert forecast.title == "Where it looked for step +2, step 30"
    assert f"with {weights[1].max():.3f} of its attention (the part that is read as it was (2))" in forecast.caption
    assert ranked.caption.startswith(f"Half of the attention lies on {half(weights[1])} of 12 steps.")


def test_errors_are_told_only_of_steps_that_came(result: SeriesResult) -> None:
    caption = exhibits(result)[0].caption
    ours, theirs = (np.abs(made[:2] - result.encoded.truth).mean() for made in (result.forecast, result.naive[1]))
    assert f"Mean absolute error over 2 known steps: {ours:,.4g}; of the seasonal-naive forecast" in caption
    assert caption.endswith(f"): {theirs:,.4g}.")


def test_an_error_is_the_mean_distance_from_what_came(result: SeriesResult) -> None:
    from dataclasses import replace

    known = replace(result, encoded=encode_series([1.0, 2, 3, 4, 5, 6], past=4, ahead=3, least=2, hold_back=2))
    assert known.error(np.array([4.0, 8, 100])) == 1.5
    coming = replace(result, encoded=encode_series([1.0, 2, 3], past=4, ahead=3, least=2))
    assert coming.error(np.zeros(3)) is None


def test_where_the_naive_forecast_was_nearer_it_is_said_and_else_it_is_not(result: SeriesResult) -> None:
    from dataclasses import replace

    beat = [1.0, 2, 3] * 4
    naive_is_right = replace(result, encoded=encode_series([*beat, 1, 2, 9], past=12, ahead=3, least=2, hold_back=3))
    assert naive_is_right.naive[1].tolist() == [1, 2, 3]
    assert replace(naive_is_right, forecast=np.array([1.0, 2, 9])).outdone == ""
    assert replace(naive_is_right, forecast=np.array([1.0, 2, 3])).outdone == ""
    worse = replace(naive_is_right, forecast=np.array([1.0, 2, 0]))
    assert "was nearer than the model's, by 2 to 3: this may be" in worse.outdone
    assert worse.remarks[-1] == worse.outdone


def test_half_of_the_attention_lies_on_so_many_steps() -> None:
    assert half(np.array([0.1, 0.6, 0.3], dtype=np.float32)) == 1
    for steps in range(1, 200):
        assert half(np.full(steps, 1 / steps, dtype=np.float32)) == (steps + 1) // 2
