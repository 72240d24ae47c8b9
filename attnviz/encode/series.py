"""The border where a series comes in: checked and made even, and the window that a model sees, normalised."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from attnviz.encode.calendar import Calendar
from attnviz.encode.even import Even, Given, Values, constant, even
from attnviz.encode.lags import lags, within
from attnviz.errors import InputError


@dataclass(frozen=True)
class EncodedSeries:
    """A series in even steps, and where in it a forecast begins.

    `tensors` holds "past", (1, seen) float32 with mean 0 and deviation 1: the steps before `first`, as the model takes them;
    "seasons", (1, 2): after how many of them they repeat themselves, 0 for none; "zero", (1,): where 0 is on their scale.
    `seasons`: after how many steps all that is known before `first` repeats itself, the one that tells most first; also longer
    ones than what the model sees, and empty for none.
    `values`: (step,), all that was given, in its own unit; `filled`: (step,), True where nothing was given and the line between
    the neighbours was taken. `ahead`: how many steps are forecast. `notes` are full sentences: what was changed on the way in.
    """

    tensors: dict[str, Tensor]
    name: str
    values: Values
    filled: NDArray[np.bool_]
    calendar: Calendar | None
    first: int
    ahead: int
    centre: float
    scale: float
    seasons: tuple[int, ...]
    notes: tuple[str, ...]

    @property
    def start(self) -> int:
        """The first step that the model sees."""
        return self.first - self.tensors["past"].shape[1]

    @property
    def past(self) -> Values:
        """(seen,) the steps that the model sees."""
        return self.values[self.start : self.first]

    @property
    def truth(self) -> Values:
        """(at most ahead,) what came where the forecast lies, as far as it is known."""
        return self.values[self.first : self.first + self.ahead]

    def times(self, start: int, stop: int) -> list[str | int]:
        """Where steps stand on the axis of a figure: moments, or without dates their numbers from 1."""
        if self.calendar is None:
            return list(range(start + 1, stop + 1))
        return [str(moment) for moment in self.calendar.at(np.arange(start, stop))]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Of every step that is seen or forecast."""
        if self.calendar is None:
            return tuple(f"step {i + 1:,}" for i in range(self.start, self.first + self.ahead))
        return self.calendar.names(self.start, self.first + self.ahead)

    @property
    def past_names(self) -> tuple[str, ...]:
        """(seen,)."""
        return self.names[: self.first - self.start]

    @property
    def ahead_names(self) -> tuple[str, ...]:
        """(ahead,)."""
        return self.names[self.first - self.start :]

    @property
    def whole(self) -> Even:
        """The series alone, to begin a forecast elsewhere."""
        return Even(self.name, self.values, self.filled, self.calendar, ())

    def restored(self, forecast: Values) -> Values:
        """What the model says, (ahead,), in the unit of the series."""
        return forecast * self.scale + self.centre


def encode_series(
    raw: Given,
    *,
    past: int,
    ahead: int,
    least: int,
    column: str | None = None,
    dates: str | None = "",
    hold_back: int = 0,
) -> EncodedSeries:
    """A CSV file's bytes, its table, or plain numbers -> the last `past` steps before a forecast, or at least `least`.

    `column` and `dates` as `even` takes them. The forecast begins behind the end, or so many steps before it as `hold_back` says.
    InputError where the series cannot be taken.
    """
    return seen(even(raw, column, dates), past=past, ahead=ahead, least=least, hold_back=hold_back)


def seen(series: Even, *, past: int, ahead: int, least: int, hold_back: int = 0) -> EncodedSeries:
    """The same of a series that is even."""
    name, values, filled, calendar, notes, taken = series
    if len(values) < least:
        raise InputError(f"the series “{name}” has {len(values):,} steps, the least is {least:,}", "give a longer one")
    first = len(values) - hold_back
    if not least <= first <= len(values):
        finding = f"{hold_back:,} steps cannot be held back: the net needs {least:,} of the {len(values):,} before the forecast"
        raise InputError(finding, f"hold back 0 to {len(values) - least:,}")
    window = values[max(0, first - past) : first]
    if constant(window):
        finding = f"all {len(window):,} steps before the forecast have one and the same value, {window[0]:.6g}"
        raise InputError(finding, "begin elsewhere")
    normal, centre, scale = normalised(window)
    found = lags(values[None, :first], () if calendar is None else calendar.seasons.values(), ahead)
    tensors = {
        "past": torch.from_numpy(normal)[None],
        "seasons": torch.from_numpy(within(found, len(window))),
        "zero": torch.tensor([-centre / scale], dtype=torch.float32),
    }
    seasons = tuple(int(lag) for lag in found[0] if lag)
    return EncodedSeries(
        tensors, name, values, filled, calendar, first, ahead, float(centre), float(scale), seasons,
        (*filter(None, [taken]), *notes),
    )  # fmt: skip


def normalised(windows: Values) -> tuple[NDArray[np.float32], Values, Values]:
    """(..., step) -> the same with mean 0 and deviation 1, the mean, and the deviation, 1 where there is none."""
    centre, scale = windows.mean(-1, keepdims=True), windows.std(-1, keepdims=True)
    scale = np.where(constant(windows)[..., None], 1.0, scale)
    return ((windows - centre) / scale).astype(np.float32), np.squeeze(centre, -1), np.squeeze(scale, -1)
