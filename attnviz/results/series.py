"""How a model goes on with a series."""

from dataclasses import dataclass
from functools import cached_property
from glob import escape
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from attnviz.encode import EncodedSeries
from attnviz.encode.seasons import Season, best_season, seasonal
from attnviz.nets.series_past import READINGS
from attnviz.results.base import Result, Run

Values = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class SeriesResult(Result):
    """`forecast`: (ahead,) in the unit of the series; `interval`: (2, ahead), between whose ends the model expects four of five.

    Positions on its tape are steps, named by their dates.
    """

    encoded: EncodedSeries
    forecast: Values
    interval: Values

    @classmethod
    def of(cls, run: Run) -> "SeriesResult":
        """The result of a pass; its rows are past steps, and where a layer's role is to look from ahead, those ahead."""
        series = cast(EncodedSeries, run.encoded)
        tape = run.tape.labelled(query=series.past_names, key=series.past_names)
        for layer in tape.layers_of("ahead"):
            tape = tape.labelled(escape(layer), query=series.ahead_names, head=READINGS)
        low, middle, high = series.restored(run.outputs[0].double().numpy().T)
        interval = np.stack([low, high])
        return cls(
            card=run.net.card, net=run.net, encoded=series, tape=tape, seconds=run.seconds, forecast=middle, interval=interval
        )

    @cached_property
    def naive(self) -> tuple[Season, Values]:
        """The season that told the past best, and (ahead,) the forecast that is that season again."""
        season = best_season(self.encoded)
        return season, seasonal(self.encoded.values[: self.encoded.first], season.steps, self.encoded.ahead)

    def error(self, forecast: Values) -> float | None:
        """The mean absolute error of any forecast over what came, in the unit of the series; None where nothing came yet."""
        truth = self.encoded.truth
        return float(np.abs(forecast[: len(truth)] - truth).mean()) if len(truth) else None

    @property
    def remarks(self) -> tuple[str, ...]:
        """With a sentence where the naive forecast was nearer to what came."""
        return (*self.encoded.notes, *filter(None, (self.outdone,)))

    @property
    def outdone(self) -> str:
        """A sentence where the naive forecast was nearer to what came than the model's, else ""."""
        season, naive = self.naive
        ours, theirs = self.error(self.forecast), self.error(naive)
        if ours is None or theirs is None or ours <= theirs:
            return ""
        return (
            f"On the end that was held back the naive forecast ({season.name}) was nearer than the model's, by {theirs:,.4g} to "
            f"{ours:,.4g}: this may be a kind of series that the model does not know."
        )

    @property
    def said(self) -> str:
        """The first and last number."""
        return f"{len(self.forecast)} steps from {self.forecast[0]:.6g} to {self.forecast[-1]:.6g}"

    @property
    def put_in(self) -> str:
        """The name of the series, and how much of it was seen."""
        series = self.encoded
        return f"“{series.name}”, {len(series.past):,} steps, {series.past_names[0]} to {series.past_names[-1]}"

    @property
    def answer(self) -> dict[str, Any]:
        """The forecast, and the lower and the upper end of its interval."""
        return {"forecast": self.forecast.tolist(), "interval": self.interval.tolist()}

    @property
    def given(self) -> dict[str, Any]:
        """What the model saw, and what came."""
        series = self.encoded
        return {
            "series": series.name, "past": series.past.tolist(), "past_steps": list(series.past_names),
            "ahead_steps": list(series.ahead_names), "truth": series.truth.tolist(),
        }  # fmt: skip
