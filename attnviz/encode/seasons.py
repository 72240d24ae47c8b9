"""The forecast that costs nothing: the last season again. Every other one has to be better."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from attnviz.encode.series import EncodedSeries

Values = NDArray[np.float64]

KNOWN = 2_000  # steps before the forecast from which a season is told


class Season(NamedTuple):
    """A number of steps, and what to call what lies so many steps back."""

    steps: int
    name: str


def seasonal(past: Values, season: int, ahead: int) -> Values:
    """(..., past) -> (..., ahead): the last season again and again.

    ValueError where there is not a season of past.
    """
    if not 0 < season <= past.shape[-1]:
        raise ValueError(f"a season of {season} steps in a past of {past.shape[-1]}")
    return past[..., past.shape[-1] - season + np.arange(ahead) % season]


def best_season(series: EncodedSeries) -> Season:
    """The season by which the steps before the forecast, and no others, could have been told with the smallest absolute error.

    Candidates are the last value, the calendar's seasons, and those that were found in the series (see attnviz.encode.lags).
    Each is held against forecasts as long as the one to come, from every step that all of them can begin at.
    """
    known = series.values[: series.first][-KNOWN:]
    candidates = [each for each in _candidates(series) if each.steps + series.ahead < len(known)]
    longest = max((each.steps for each in candidates), default=1) + series.ahead
    if longest >= len(known):
        return LAST
    return min(candidates, key=lambda each: _error(known, each.steps, longest, series.ahead))


def _error(known: Values, season: int, first: int, ahead: int) -> float:
    """Of the season again, the mean over the next `ahead` steps; values before `first` are only looked back at."""
    lags = [season * (step // season + 1) for step in range(ahead)]
    return float(np.mean([np.abs(known[first:] - known[first - lag : len(known) - lag]).mean() for lag in lags]))


LAST = Season(1, "the last value")


def _candidates(series: EncodedSeries) -> list[Season]:
    of_calendar = (
        {} if series.calendar is None else {steps: f"one {name} before" for name, steps in series.calendar.seasons.items()}
    )
    found = {steps: f"{steps} steps before" for steps in series.seasons}
    return [LAST, *(Season(steps, name) for steps, name in {**found, **of_calendar}.items())]
