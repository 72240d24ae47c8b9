"""Two public series to forecast: half-hourly taxi rides in New York, and the oil temperature of a transformer station.

Expects `<data>/nab/nyc_taxi.csv.gz` (Numenta Anomaly Benchmark, Lavin and Ahmad, 2015, arXiv:1510.03336) and
`<data>/ett/ETTh1.csv.gz` (Zhou et al., 2021, arXiv:2012.07436). Both are parted by time: what is tested on comes last.
"""

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from attnviz.errors import DataError

PARTS = ("train", "dev", "test")
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Source:
    """A series as its file has it: `day` is the number of steps in a day, `ends` where train, dev and test end.

    `ends` below 1 are shares of the series, others are steps.
    """

    file: str
    column: str
    unit: str
    day: int
    ends: tuple[float, float, float]


SOURCES = {
    "nyc_taxi": Source("nab/nyc_taxi.csv.gz", "value", "rides in 30 minutes", 48, (0.7, 0.8, 1.0)),
    # The borders of the literature: 12, 4 and 4 months of 30 days.
    "etth1": Source("ett/ETTh1.csv.gz", "OT", "degrees Celsius", 24, (12 * 720, 16 * 720, 20 * 720)),
}


@dataclass(frozen=True)
class Series:
    """`values` (step,), of which the steps before `ends["train"]` train, those up to `ends["dev"]` choose, and so on."""

    name: str
    unit: str
    day: int
    values: Values
    ends: dict[str, int]

    @property
    def centre(self) -> float:
        """Mean of the training part."""
        return float(self.values[: self.ends["train"]].mean())

    @property
    def scale(self) -> float:
        """Standard deviation of the training part."""
        return float(self.values[: self.ends["train"]].std())

    @property
    def usual(self) -> tuple[int, int]:
        """Steps of a day and of a week."""
        return self.day, 7 * self.day

    @property
    def standardised(self) -> Values:
        """The whole series, by mean and deviation of its training part only."""
        return (self.values - self.centre) / self.scale

    def firsts(self, part: str, ahead: int) -> range:
        """The steps at which a forecast of `ahead` steps begins that lies in a part as a whole; what came before it is known."""
        number = PARTS.index(part)
        start = self.ends[PARTS[number - 1]] if number else 0
        return range(start, self.ends[part] - ahead + 1)


def read(data: Path, name: str) -> Series:
    """One of SOURCES; DataError where its file is missing, or has fewer steps than its parts need."""
    source = SOURCES[name]
    path = Path(data) / source.file
    if not path.is_file():
        raise DataError(f"no file {path}", f"pass the folder that holds {source.file} with --data")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        values = np.array([float(row[source.column]) for row in csv.DictReader(lines)])
    ends = {part: round(end * len(values)) if end <= 1 else int(end) for part, end in zip(PARTS, source.ends, strict=True)}
    if len(values) < ends["test"]:
        raise DataError(f"{path} has {len(values):,} steps, but {ends['test']:,} are needed", "fetch the data set again")
    return Series(name, source.unit, source.day, values, ends)


# What else is learned from: file, columns, share of the steps that train, and how many steps are summed up to one.
LEARNED = (
    ("nab/nyc_taxi.csv.gz", ("value",), 0.7, (1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 48)),
    ("nab/ambient_temperature_system_failure.csv.gz", ("value",), 0.7, (1, 4, 24)),
    ("nab/machine_temperature_system_failure.csv.gz", ("value",), 0.7, (1, 6, 12)),
    ("ett/ETTh1.csv.gz", ("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT", "OT"), 12 * 720, (1, 3, 24)),
    ("ett/ETTh2.csv.gz", ("HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT"), 12 * 720, (1, 3, 24)),
)


def training(data: Path) -> list[Values]:
    """The training parts of all public series there are, each also summed up to longer steps; DataError where a file is missing."""
    found = []
    for file, columns, end, sizes in LEARNED:
        path = Path(data) / file
        if not path.is_file():
            raise DataError(f"no file {path}", f"pass the folder that holds {file} with --data")
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        for column in columns:
            values = np.array([float(row[column]) for row in rows])
            values = values[: int(end) if end > 1 else round(end * len(values))]
            found += [values[: len(values) // size * size].reshape(-1, size).mean(1) for size in sizes]
    return found


def cut(found: list[Values], count: int, steps: int, random: np.random.Generator) -> Values:
    """(count, steps) windows, each from one of the series that are long enough; fewer where none is."""
    long = [values for values in found if len(values) > steps]
    if not long:
        return np.empty((0, steps))
    chosen = (long[i] for i in random.integers(len(long), size=count))
    return np.stack([values[first : first + steps] for values in chosen for first in [random.integers(len(values) - steps)]])


def windows(values: Values, firsts: NDArray[np.int64] | range, past: int, ahead: int) -> tuple[Values, Values]:
    """(window, past) steps before each of `firsts`, and (window, ahead) from there on."""
    start = np.asarray(firsts, dtype=np.int64)[:, None]
    return values[start + np.arange(-past, 0)], values[start + np.arange(ahead)]
