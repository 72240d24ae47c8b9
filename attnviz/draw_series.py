"""From a forecast to maps, figures and captions: which layer, which head, which step ahead."""

import numpy as np
import plotly.graph_objects as go

from attnviz import plot
from attnviz.encode import EncodedSeries
from attnviz.encode.even import Values
from attnviz.encode.seasons import Season, best_season, seasonal
from attnviz.maps import AttentionMap
from attnviz.predict import Prediction
from attnviz.weights import Floats

LOOK, STATES = "look", "self_attention"
MEAN = -1


def of_head(prediction: Prediction, layer: str, head: int = MEAN) -> AttentionMap:
    """The map of one head of a layer, or the mean of all, with axes (query, key)."""
    m = prediction.tape[layer]
    return m.mean_of_heads() if head == MEAN else m.at_head(head)


def head_name(head: int) -> str:
    """What to call it."""
    return "the mean of all heads" if head == MEAN else f"head {head}"


def of_step(m: AttentionMap, step: int | None) -> Floats:
    """(past,) the weights of one step ahead, or the mean of all of them."""
    weights = m.dense()
    return weights.mean(0) if step is None else weights[step]


def half(weights: Floats) -> int:
    """On how few steps half of the attention lies; half is reached where a millionth of it may be rounding."""
    reached = np.sort(weights.astype(np.float64))[::-1].cumsum()
    return int(np.searchsorted(reached, reached[-1] / 2 * (1 - 1e-6))) + 1


def naive(series: EncodedSeries) -> tuple[Season, Values]:
    """The season that told the past best, and the forecast that is that season again."""
    season = best_season(series)
    return season, seasonal(series.values[: series.first], season.steps, series.ahead)


def absolute_error(series: EncodedSeries, forecast: Values) -> float | None:
    """The mean absolute error over what came, in the unit of the series; None where nothing came yet."""
    known = len(series.truth)
    return float(np.abs(forecast[:known] - series.truth).mean()) if known else None


def forecast_figure(prediction: Prediction, head: int = MEAN, step: int | None = None) -> tuple[go.Figure, str]:
    """The series, its forecast beside the naive one, and where the model looked for one step ahead, or on average for all."""
    series = _series(prediction)
    m = of_head(prediction, LOOK, head)
    weights, forecast = of_step(m, step), _forecast(prediction)
    season, other = naive(series)
    times = series.times(series.start, series.first + series.ahead)
    beside = (f"seasonal naive: {season.name}", other)
    filled = series.filled[series.start : series.first]
    figure = plot.continued(times, series.past, forecast, weights, beside, series.truth, step, filled)
    return figure, _forecast_caption(prediction, head, step, weights, season, other)


def _forecast_caption(
    prediction: Prediction, head: int, step: int | None, weights: Floats, season: Season, other: Values
) -> str:  # fmt: skip
    series, most = _series(prediction), int(weights.argmax())
    for_what = "All steps ahead, on average," if step is None else f"Step +{step + 1}, {series.ahead_names[step]},"
    looks, its = ("look", "their") if step is None else ("looks", "its")
    said = (
        f"{prediction.card.name} goes on with “{series.name}” for {series.ahead} steps. {for_what} {looks} most at "
        f"{series.past_names[most]}, with {weights[most]:.3f} of {its} attention ({head_name(head)}; "
        f"the weights sum to 1). Tint and area: those weights; the strongest tint is the largest. A past step stands for the net's "
        f"state after it, which remembers what came before."
    )
    if (ours := absolute_error(series, _forecast(prediction))) is None:
        return f"{said} Dotted: the seasonal-naive forecast, {season.name}."
    theirs = absolute_error(series, other)
    return (
        f"{said} Grey behind the dashed line: what came. Mean absolute error over {len(series.truth)} known steps: {ours:,.4g}; "
        f"of the seasonal-naive forecast ({season.name}): {theirs:,.4g}."
    )


def map_figure(prediction: Prediction, layer: str, head: int = MEAN, step: int | None = None) -> tuple[go.Figure, str]:
    """Steps ahead over the past, or past steps over past steps."""
    series, m = _series(prediction), of_head(prediction, layer, head)
    times = series.times(series.start, series.first)
    figure = plot.steps_map(m, times, step) if layer == LOOK else plot.states_map(m, times)
    place = {LOOK: "Steps ahead look at past steps", STATES: "Past steps look at themselves and those before them"}[layer]
    return figure, plot.caption(m, prediction.card.name, prediction.seconds, place if head == MEAN else f"{place}, head {head},")


def picture(prediction: Prediction, layer: str | None, head: int | None) -> tuple[go.Figure, str, int]:
    """Of a layer its map, of one head or their mean, and without a layer the forecast; the caption; and of how many maps it is."""
    if layer is None:
        return *forecast_figure(prediction), len(prediction.tape)
    return *map_figure(prediction, prediction.tape[layer].layer, MEAN if head is None else head), 1


def _series(prediction: Prediction) -> EncodedSeries:
    assert isinstance(prediction.encoded, EncodedSeries)
    return prediction.encoded


def _forecast(prediction: Prediction) -> Values:
    assert prediction.forecast is not None
    return prediction.forecast
