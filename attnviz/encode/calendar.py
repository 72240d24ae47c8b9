"""Even steps of time: parts of a second, seconds, working days or months, found in dates, gone on with, and named."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from attnviz.errors import InputError

Times = NDArray[np.datetime64]

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
OFF_GRID = 0.25  # of a step: what is farther off stands at no step
UNEVEN = 0.02
DAY = 86_400
MICRO = 1_000_000
_NAMES = {1: "second", 60: "minute", 3600: "hour", DAY: "day", 7 * DAY: "week"}
_MONTHS = {1: "month", 3: "quarter", 12: "year"}


@dataclass(frozen=True)
class Calendar:
    """Step 0 is at `first`; each step is `size` times `unit`: "us", "s", "B" for a working day, "M" for a month."""

    first: np.datetime64
    size: int
    unit: str = "s"

    def at(self, steps: NDArray[np.int64]) -> Times:
        """(any,) numbers of steps -> their moments."""
        if self.unit in ("us", "s"):
            return np.asarray(self.first + (steps * self.size).astype(f"timedelta64[{self.unit}]"))
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
        hours = "" if self.unit == "B" or self._whole_days else f" {text[11 : self._digits]}"
        return f"{weekday} {text[:10]}{hours}"

    @property
    def _digits(self) -> int:
        """Where the name of a moment ends: at the minute, second, millisecond or microsecond."""
        if self.unit == "us":
            return 26 if self.size % 1000 else 23
        return 19 if self.size % 60 else 16

    @property
    def _whole_days(self) -> bool:
        return self.unit == "s" and self.size % DAY == 0 and int(self.first.astype(np.int64)) % DAY == 0

    @property
    def step(self) -> str:
        """One step in words."""
        if self.unit == "B":
            return "working day"
        if self.unit == "us":
            return f"{self.size / 1000:,.6g} milliseconds"
        names, size = (_MONTHS, self.size) if self.unit == "M" else (_NAMES, self.size)
        if size in names:
            return names[size]
        unit = max(one for one in names if size % one == 0)
        return f"{size // unit:,} {names[unit]}s"

    @property
    def seasons(self) -> dict[str, int]:
        """What a series of such steps may repeat after, by name, in steps: day, week, year."""
        if self.unit == "us":
            return {}
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
    moments = moments.astype("datetime64[us]")
    for make in (_months, _working_days, _seconds):
        if (found := make(moments)) is not None:
            return found
    gaps = np.diff(moments).astype(np.int64)
    gaps = gaps[gaps > 0]
    raise InputError(
        f"the dates have no even step: their distances go from {_said(int(gaps.min()))} to {_said(int(gaps.max()))}",
        "give one value an hour, a day or the like, or choose no date column",
    )


def raggedness(moments: Times) -> float:
    """How far moments in the order of their rows are from one value a step, 0 where they are not at all.

    Months that are dated by another day than their first or last are a little less likely.
    """
    known = moments[~np.isnat(moments)]
    if len(known) < 2:
        return 0.0
    gaps = np.diff(known).astype(np.int64)
    against = min(float((gaps < 0).mean()), float((gaps > 0).mean()))
    try:
        calendar, steps = calendar_of(np.unique(known))
    except InputError:
        return 2 + against
    given, size = np.unique(steps).size, int(steps[-1]) + 1
    against += 0.001 * (calendar.unit == "M" and str(calendar.first)[8:10] not in ("01", "28", "29", "30", "31"))
    return against + 1 - given / size + 1 - given / len(known)


def _months(moments: Times) -> tuple[Calendar, NDArray[np.int64]] | None:
    """Where each date is on the same day of its month, or on its last."""
    days, months = moments.astype("datetime64[D]"), moments.astype("datetime64[M]")
    within = (days - months.astype("datetime64[D]")).astype(np.int64)
    last = ((months + 1).astype("datetime64[D]") - days).astype(np.int64) == 1
    numbers = (months - months[0]).astype(np.int64)
    gaps = np.diff(numbers)
    if np.diff(moments)[gaps == 0].astype(np.int64).any() or (np.ptp(within) and not last.all()):
        return None
    size = int(np.gcd.reduce(gaps))
    return Calendar(moments[0].astype("datetime64[s]"), size, "M"), numbers // size


def _working_days(moments: Times) -> tuple[Calendar, NDArray[np.int64]] | None:
    """Where dates come daily, and never on a weekend though there were some."""
    days = moments.astype("datetime64[D]")
    weekday = (days.astype(np.int64) + 3) % 7
    gaps = np.diff(days).astype(np.int64)
    if (moments != days).any() or (weekday > 4).any() or np.median(gaps) != 1 or gaps.max() < 3:
        return None
    return Calendar(moments[0].astype("datetime64[s]"), 1, "B"), np.busday_count(days[0], days).astype(np.int64)


def _seconds(moments: Times) -> tuple[Calendar, NDArray[np.int64]] | None:
    gaps = np.diff(moments).astype(np.int64)
    size = _usual(gaps[gaps > 0])
    counts = np.rint(gaps / size)
    uneven = np.abs(gaps - counts * size) > OFF_GRID * size
    if uneven.mean() > UNEVEN:
        return None
    steps = np.concatenate([[0], counts.cumsum()]).astype(np.int64)
    span = int((moments[-1] - moments[0]).astype(np.int64))
    if 2 * abs(span - int(steps[-1]) * size) > size:  # a clock that rounds, at 30 a second for example, must not run away
        size = max(1, round(span / int(steps[-1])))
    whole = size % MICRO == 0
    first = moments[0].astype("datetime64[s]") if whole else moments[0]
    return Calendar(first, size // MICRO if whole else size, "s" if whole else "us"), steps


def _usual(gaps: NDArray[np.int64]) -> int:
    """The most frequent distance, and where none is frequent, as with clocks that jitter, the middle one."""
    sizes, counts = np.unique(gaps, return_counts=True)
    return int(sizes[counts.argmax()] if 2 * counts.max() >= len(gaps) else np.median(gaps))


def _said(micros: int) -> str:
    seconds = micros / MICRO
    unit = max((one for one in _NAMES if seconds >= one and one <= DAY), default=1)
    return f"{seconds / unit:,.4g} {_NAMES[unit]}s"
