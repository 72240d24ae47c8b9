"""Plain kinds of series as people bring them, made by rules of their own: what a forecaster is tested on and never learns from.

None of them comes out of `attnviz/train/invented.py`: shapes, seasons, noise and what happens are written down anew, kind by kind.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Random = np.random.Generator

EXAMPLES = 3  # series of each kind
CUTS, AHEAD = 4, 24


@dataclass(frozen=True)
class Made:
    """`season`: after how many steps it repeats itself by its rule, 1 where it does not."""

    values: Values
    season: int


def examples(name: str) -> list[Made]:
    """The series of one of KINDS, always the same ones."""
    season, make = KINDS[name]
    return [Made(make(np.random.default_rng([zlib.crc32(name.encode()), number])), season) for number in range(EXAMPLES)]


def cuts(made: Made) -> list[int]:
    """How many steps before the end forecasts begin: four, a third of a forecast apart, in long series more."""
    apart = max(AHEAD // 3, (len(made.values) - 3 * AHEAD) // 12)
    return [AHEAD + cut * apart for cut in range(CUTS)]


def _passengers(random: Random) -> Values:
    """Months of an airline: growth of some per cent a year, a summer that grows along, thin noise."""
    month = np.arange(156)
    shape = np.array([-9, -12, 1, -1, -2, 11, 21, 21, 6, -7, -20, -9]) / 100
    return np.asarray(110 * 1.11 ** (month / 12) * np.exp(shape[month % 12] + random.normal(0, 0.03, 156)))


def _till(random: Random) -> Values:
    """Days of a shop: weekends, promotions that last five days, now and then a closed day."""
    day = np.arange(260)
    sales = np.array([40, 38, 41, 46, 62, 75, 12.0])[day % 7] * (1 + 0.0015 * day) * random.lognormal(0, 0.12, 260)
    for first in random.integers(0, 255, 6):
        sales[first : first + 5] *= 1.5
    sales[random.random(260) < 0.01] = 0
    return np.round(sales * 10)


def _load(random: Random) -> Values:
    """Hours of a town's power: two humps a day, lower at weekends, weather that lasts."""
    hour = np.arange(24 * 42)
    humps = 9 * np.exp(-(((hour % 24) - 9) ** 2) / 18) + 12 * np.exp(-(((hour % 24) - 19) ** 2) / 10)
    weather = _lasting(len(hour), 0.985, random)
    return np.asarray((60 + humps * 2) * np.where((hour // 24) % 7 > 4, 0.86, 1) + 2.5 * weather + random.normal(0, 1, len(hour)))


def _temperature(random: Random) -> Values:
    """Hours of a thermometer outdoors: day and night, and weather of some days."""
    hour = np.arange(24 * 25)
    return np.asarray(
        9 - 4.5 * np.cos(2 * np.pi * (hour - 4) / 24) + 3 * _lasting(len(hour), 0.99, random) + random.normal(0, 0.3, len(hour))
    )


def _visits(random: Random) -> Values:
    """Days of a doctor's practice: few visits, counted, by the weekday."""
    day = np.arange(210)
    return random.poisson(np.array([19, 16, 15, 17, 13, 3, 1.2])[day % 7]).astype(float)


def _clicks(random: Random) -> Values:
    """Hours of a website: nights, and bursts that fade within a few hours."""
    hour = np.arange(24 * 30)
    clicks = 300 * (1.3 - np.cos(2 * np.pi * (hour - 3) / 24)) * random.gamma(40, 1 / 40, len(hour))
    for first in random.integers(0, len(hour), 9):
        clicks[first:] += 1500 * random.random() * 0.6 ** np.arange(len(hour) - first)
    return np.round(clicks)


def _steps(random: Random) -> Values:
    """Quarters of an hour of a machine that is switched between levels, with the beat of its pump."""
    levels = np.repeat(random.normal(40, 15, 6), 70)
    return np.asarray(levels + 4 * np.sign(np.sin(2 * np.pi * np.arange(420) / 8 + 0.3)) + random.normal(0, 0.8, 420))


def _sawtooth(random: Random) -> Values:
    """A tank that is filled at once and emptied evenly."""
    return np.asarray(80 - 60 * (np.arange(380) % 19) / 19 + random.normal(0, 2.5, 380))


def _sunspots(random: Random) -> Values:
    """Years of a star: cycles of about eleven years, each of another height and length, steeper up than down."""
    heights, lengths = random.uniform(60, 190, 32), random.normal(11, 0.9, 32).clip(9, 13.5)
    ends = np.cumsum(lengths)
    year = np.arange(int(ends[-2]))
    cycle = np.searchsorted(ends, year, side="right")
    place = (year - ends[cycle] + lengths[cycle]) / lengths[cycle]
    return np.asarray(np.maximum(heights[cycle] * np.sin(np.pi * place**0.75) ** 1.5 + random.normal(0, 6, len(year)), 0))


def _stock(random: Random) -> Values:
    """Working days of a share: a random walk of its logarithm."""
    return np.asarray(55 * np.exp(np.cumsum(random.normal(0.0002, 0.014, 500))))


def _sensor(random: Random) -> Values:
    """Minutes of a pressure gauge at rest: noise about one level, with a coarse last digit."""
    return np.round(1013 + 0.8 * random.normal(0, 1, 360), 1)


def _yearly(random: Random) -> Values:
    """Years of a firm's sales: growth that comes and goes."""
    return np.asarray(20 * np.exp(np.cumsum(0.03 + 0.6 * 0.05 * _lasting(90, 0.6, random))))


def _heart(random: Random) -> Values:
    """Hundredths of a second of a pulse: a sharp beat and a soft one, between them rest."""
    place = np.arange(640) % 83
    beat = (
        1.2 * np.exp(-(((place - 20) / 2.2) ** 2))
        - 0.3 * np.exp(-(((place - 26) / 2) ** 2))
        + 0.35 * np.exp(-(((place - 50) / 8) ** 2))
    )
    return np.asarray(beat + 0.04 * random.normal(0, 1, 640))


def _quarters(random: Random) -> Values:
    """Quarters of a country's output: a straight line, a season, and shocks that stay."""
    quarter = np.arange(100)
    return np.asarray(300 + 2.2 * quarter + np.array([-14, 3, -1, 12])[quarter % 4] + np.cumsum(random.normal(0, 1.5, 100)))


def _bicycles(random: Random) -> Values:
    """Weeks of a bridge: summers and winters, rain, and a slow rise."""
    week = np.arange(52 * 5)
    return np.asarray(900 - 420 * np.cos(2 * np.pi * (week - 3) / 52) + 0.9 * week - 160 * random.exponential(0.5, len(week)))


def _orders(random: Random) -> Values:
    """Days of spare parts: mostly none."""
    return np.where(random.random(300) < 0.3, random.geometric(0.35, 300), 0).astype(float)


def _lasting(steps: int, kept: float, random: Random) -> Values:
    """(step,) noise of deviation 1 of which each step keeps a share."""
    made = random.normal(0, 1, steps)
    for step in range(1, steps):
        made[step] = kept * made[step - 1] + (1 - kept**2) ** 0.5 * made[step]
    return made


# Name -> the season, and how one series is made.
KINDS: dict[str, tuple[int, Callable[[Random], Values]]] = {
    "passengers, monthly": (12, _passengers),
    "a till with promotions, daily": (7, _till),
    "power of a town, hourly": (168, _load),
    "temperature, hourly": (24, _temperature),
    "visits, daily": (7, _visits),
    "clicks with bursts, hourly": (24, _clicks),
    "a machine between levels": (8, _steps),
    "a tank, sawtooth": (19, _sawtooth),
    "sunspots, yearly": (11, _sunspots),
    "a share, working days": (1, _stock),
    "a gauge at rest": (1, _sensor),
    "sales, yearly": (1, _yearly),
    "a pulse, hundredths of a second": (83, _heart),
    "output, quarterly": (4, _quarters),
    "bicycles, weekly": (52, _bicycles),
    "spare parts, daily": (1, _orders),
}
