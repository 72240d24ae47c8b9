"""Where a forecast looked: the past steps that each step ahead looked at."""

from collections.abc import Sequence

import numpy as np

from attnviz import plot
from attnviz.exhibit import Exhibit
from attnviz.maps import AttentionMap
from attnviz.results import SeriesResult
from attnviz.state import Choice, Chosen, Whole
from attnviz.views.heads import MEAN, head_choice, head_name, of_head, placed
from attnviz.views.view import View
from attnviz.weights import Floats


def exhibits(result: SeriesResult, chosen: Chosen) -> Sequence[Exhibit]:
    """For one step ahead, over the curve and ranked; and for all steps as a map."""
    m, step, head = of_head(_ahead(result), chosen["head"]), chosen["step"] - 1, chosen["head"]
    return (forecast(result, m, step, head), steps(result, m, step, head), ranked(result, m, step))


def choices(result: SeriesResult) -> Sequence[Choice]:
    """Which step ahead, and which head."""
    ahead = result.encoded.ahead
    return (Choice("step", "Step ahead", Whole(1, ahead, walks=True, form=f"%d of {ahead}"), 1), head_choice(_ahead(result)))


def _ahead(result: SeriesResult) -> AttentionMap:
    return result.tape.of("ahead")[0]


def forecast(result: SeriesResult, m: AttentionMap, step: int, head: int | str) -> Exhibit:
    """The series, its forecast beside the naive one, and behind the curve where the model looked for one step ahead."""
    series, weights, (season, naive) = result.encoded, m.dense()[step], result.naive
    most, name = int(weights.argmax()), f"step +{step + 1}, {series.ahead_names[step]}"
    figure = plot.continued(
        series.times(series.start, series.first + series.ahead), series.past, result.forecast, weights,
        (f"seasonal naive: {season.name}", naive), series.truth, step, series.filled[series.start : series.first], result.interval,
    )  # fmt: skip
    caption = (
        f"{result.card.name} goes on with “{series.name}” for {series.ahead} steps. S{name[1:]}, looks most at "
        f"{series.past_names[most]}, with {weights[most]:.3f} of its attention ({_taken(result, head)}). " + _errors(result)
    )
    legend = (
        "Tint and area: those weights; the strongest tint is the largest. The forecast is the past by these weights, each step "
        "read as its head reads it, and a small correction. Around it: where the net expects four of five values. "
        f"Dotted: the seasonal-naive forecast, {season.name}."
        + (" Grey behind the dashed line: what came." if len(series.truth) else "")
    )
    return Exhibit("forecast", f"Where it looked for {name}", (figure,), caption, (m,), result, legend)


def _taken(result: SeriesResult, head: int | str) -> str:
    """Which part of the attention it is."""
    if head == MEAN:
        return "of all readings together; the weights sum to 1"
    names = _ahead(result).labels.get("head")
    return f"the part that is read {names[int(head)]}" if names else head_name(head)


def _errors(result: SeriesResult) -> str:
    ours, theirs = result.error(result.forecast), result.error(result.naive[1])
    if ours is None:
        return "What came is not known yet."
    return (
        f"Mean absolute error over {len(result.encoded.truth)} known steps: {ours:,.4g}; of the seasonal-naive forecast "
        f"({result.naive[0].name}): {theirs:,.4g}."
    )


def steps(result: SeriesResult, m: AttentionMap, step: int, head: int | str) -> Exhibit:
    """All steps ahead over the past."""
    series = result.encoded
    figure = plot.steps_map(m, series.times(series.start, series.first), step)
    caption = plot.caption(m, result.card.name, None, placed("Steps ahead look at past steps", head))
    return Exhibit("steps", "All steps ahead", (figure,), caption, (m,), result, f"Framed: step +{step + 1}.", width=0.6)


def ranked(result: SeriesResult, m: AttentionMap, step: int) -> Exhibit:
    """The past steps with the largest weights."""
    weights, names = m.dense()[step], result.encoded.past_names
    figure = plot.word_weights(names, weights.tolist(), float(weights.max()))
    caption = (
        f"Half of the attention lies on {half(weights):,} of {len(weights):,} steps. "
        f"An even share would be {1 / len(weights):.4f} for each."
    )
    spoken = f"Most at {names[int(weights.argmax())]}, {weights.max():.3f}. {caption}"
    return Exhibit("ranked", f"Step +{step + 1} looks at", (figure,), caption, (m,), result, spoken=spoken, width=0.4)


def half(weights: Floats) -> int:
    """On how few steps half of the attention lies; half is reached where a millionth of it may be rounding."""
    reached = np.sort(weights.astype(np.float64))[::-1].cumsum()
    return int(np.searchsorted(reached, reached[-1] / 2 * (1 - 1e-6))) + 1


def says(result: SeriesResult, chosen: Chosen) -> tuple[str, Floats]:
    """What each past step gets from the step ahead in sight."""
    return f"step +{chosen['step']}", of_head(_ahead(result), chosen["head"]).dense()[chosen["step"] - 1]


VIEW = View("ahead", "Where it looked", SeriesResult, exhibits, choices, lambda result: bool(result.tape.of("ahead")), says)
