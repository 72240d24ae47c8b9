"""Even steps of time: seconds, working days or months, found in dates, gone on with, and named."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attnviz.encode.dates import OFF_GRID, UNEVEN, WEEKDAYS, Times
from attnviz.errors import InputError

DAY = 86_400
_NAMES = {1: "second", 60: "minute", 3600: "hour", DAY: "day", 7 * DAY: "week"}
_MONTHS = {1: "month", 3: "quarter", 12: "year"}


@dataclass(frozen=True)
class Calendar:
    """Step 0 is at `first`; each step is `size` times `unit`: "s" for seconds, "B" for a working day, "M" for a month."""

    first: np.datetime64
    size: int
    unit: str = "s"

    def at(self, steps: NDArray[np.int64]) -> Times:
        """(any,) numbers of steps -> their moments."""
        if self.unit == "s":
            return np.asarray(self.first + (steps * self.size).astype("timedelta64[s]"))
        if self.unit == "B":
            return np.asarray(np.busday_offset(self.first.astype("datetime64[D]"), steps).astype("datetime64[s]"))
        month = self.first.astype("datetime64[M]")
        return np.asarray((month + (steps * self.size).astype("timedelta64[M]")).astype("datetime64[s]"))

    def names(self, start: int, stop: int) -> tuple[str, ...]:
        """The steps from `start` to before `stop`, as short as tells them apart."""
        return tuple(self._name(moment) for moment in self.at(np.arange(start, stop)))

    def _name(self, moment: np.datetime64) -> str:
        text = str(moment)
        if self.unit == "M":
            return text[:4] if self.size == 12 else text[:7]
        weekday = WEEKDAYS[int((moment.astype("datetime64[D]").astype(np.int64) + 3) % 7)]
        hours = "" if self.unit == "B" or self._whole_days else f" {text[11 : 19 if self.size % 60 else 16]}"
        return f"{weekday} {text[:10]}{hours}"

    @property
    def _whole_days(self) -> bool:
        return self.size % DAY == 0 and int(self.first.astype(np.int64)) % DAY == 0

    @property
    def step(self) -> str:
        """One step in words."""
        if self.unit == "B":
            return "working day"
        names, size = (_MONTHS, self.size) if self.unit == "M" else (_NAMES, self.size)
        if size in names:
            return names[size]
        unit = max(one for one in names if size % one == 0)
        return f"{size // unit:,} {names[unit]}s"

    @property
    def seasons(self) -> dict[str, int]:
        """What a series of such steps may repeat after, by name, in steps: day, week, year."""
        if self.unit == "M":
            return {"year": 12 // self.size} if 12 % self.size == 0 and self.size < 12 else {}
        if self.unit == "B":
            return {"week": 5}
        if self.size == 7 * DAY:
            return {"year": 52}
        spans = {"hour": 3600, "day": DAY, "week": 7 * DAY}
        return {name: span // self.size for name, span in spans.items() if span % self.size == 0 and span // self.size > 1}


def calendar_of(moments: Times) -> tuple[Calendar, NDArray[np.int64]]:
    """Ascending moments -> the calendar that they stand in, and the step of each, from 0; a step may come twice or be missing.

    InputError where their distances have no even step.
    """
    if len(moments) < 2 or moments[0] == moments[-1]:
        raise InputError("all rows have one and the same date", "choose another date column, or none")
    for make in (_months, _working_days, _seconds):
        if (found := make(moments)) is not None:
            return found
    gaps = np.diff(moments).astype(np.int64)
    gaps = gaps[gaps > 0]
    raise InputError(
        f"the dates have no even step: their distances go from {_said(int(gaps.min()))} to {_said(int(gaps.max()))}",
        "give one value an hour, a day or the like, or choose no date column",
    )


def _months(moments: Times) -> tuple[Calendar, NDArray[np.int64]] | None:
    """Where each date is on the same day of its month, or on its last."""
    days, months = moments.astype("datetime64[D]"), moments.astype("datetime64[M]")
    within = (days - months.astype("datetime64[D]")).astype(np.int64)
    last = ((months + 1).astype("datetime64[D]") - days).astype(np.int64) == 1
    numbers = (months - months[0]).astype(np.int64)
    gaps = np.diff(numbers)
    if (gaps < 1).any() or (np.ptp(within) and not last.all()):
        return None
    size = int(np.gcd.reduce(gaps))
    return Calendar(moments[0], size, "M"), numbers // size


def _working_days(moments: Times) -> tuple[Calendar, NDArray[np.int64]] | None:
    """Where dates come daily, and never on a weekend though there were some."""
    days = moments.astype("datetime64[D]")
    weekday = (days.astype(np.int64) + 3) % 7
    gaps = np.diff(days).astype(np.int64)
    if (moments != days).any() or (weekday > 4).any() or np.median(gaps) != 1 or gaps.max() < 3:
        return None
    return Calendar(moments[0], 1, "B"), np.busday_count(days[0], days).astype(np.int64)


def _seconds(moments: Times) -> tuple[Calendar, NDArray[np.int64]] | None:
    gaps = np.diff(moments).astype(np.int64)
    size = _usual(gaps[gaps > 0])
    counts = np.rint(gaps / size)
    uneven = np.abs(gaps - counts * size) > OFF_GRID * size
    if uneven.mean() > UNEVEN:
        return None
    return Calendar(moments[0], size), np.concatenate([[0], counts.cumsum()]).astype(np.int64)


def _usual(gaps: NDArray[np.int64]) -> int:
    """The most frequent distance, and where none is frequent, as with clocks that jitter, the middle one."""
    sizes, counts = np.unique(gaps, return_counts=True)
    return int(sizes[counts.argmax()] if 2 * counts.max() >= len(gaps) else np.median(gaps))


def _said(seconds: int) -> str:
    unit = max((one for one in _NAMES if seconds >= one and one <= DAY), default=1)
    return f"{seconds / unit:,.4g} {_NAMES[unit]}s"
