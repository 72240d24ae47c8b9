"""Series that nobody measured: seasons of many lengths, a trend, noise with memory, so that a net learns what a season is.

Mixing such series into the training of a forecaster follows Das et al., 2024, arXiv:2310.10688, section 5.
"""

import numpy as np
from numpy.typing import NDArray

# Lengths that clocks and calendars bring, beside any other.
USUAL = (4, 5, 7, 12, 24, 48, 52, 60, 96, 144, 168)
SHORTEST, LONGEST_SEASON = 3, 170
HARMONICS = 5


def invented(count: int, steps: int, random: np.random.Generator) -> NDArray[np.float64]:
    """(count, steps) series, each of its own season; half of them have a second, longer one."""
    time = np.arange(steps)[None]
    season = _seasons(count, random)
    series = _wave(season, time, random)
    longer = season * random.integers(2, 8, (count, 1))
    series *= 1 + random.uniform(-0.5, 0.5, (count, 1)) * np.sin(2 * np.pi * (time / longer + random.random((count, 1))))
    series += random.random((count, 1)).round() * random.uniform(0.2, 1, (count, 1)) * _wave(longer, time, random)
    series += random.normal(0, 1, (count, 1)) * (time / steps) ** random.choice([1, 2], (count, 1))
    return series + random.uniform(0, 0.6, (count, 1)) ** 2 * _remembering(count, steps, random)


def _seasons(count: int, random: np.random.Generator) -> NDArray[np.float64]:
    """(count, 1) lengths in steps, half of them usual ones."""
    usual = random.choice(USUAL, (count, 1))
    other = np.exp(random.uniform(np.log(SHORTEST), np.log(LONGEST_SEASON), (count, 1))).round()
    return np.where(random.random((count, 1)) < 0.5, usual, other).astype(np.float64)


def _wave(season: NDArray[np.float64], time: NDArray[np.int64], random: np.random.Generator) -> NDArray[np.float64]:
    """(count, steps): a few harmonics of each season, the higher ones weaker, deviation about 1."""
    harmonic = np.arange(1, HARMONICS + 1)
    count = len(season)
    strength = random.normal(0, 1, (count, HARMONICS)) / harmonic ** random.uniform(0.5, 1.5, (count, 1))
    angle = (time / season)[:, None] * harmonic[:, None] + random.random((count, HARMONICS))[:, :, None]
    wave = (strength[:, :, None] * np.sin(2 * np.pi * angle)).sum(1)
    return wave / np.maximum(np.sqrt((strength**2).sum(1) / 2), 1e-6)[:, None]


def _remembering(count: int, steps: int, random: np.random.Generator) -> NDArray[np.float64]:
    """(count, steps): noise of which each step keeps a share of the last one (AR(1)), deviation 1; some have none of it."""
    kept = random.uniform(0, 0.98, (count, 1)) * (random.random((count, 1)) < 0.5)
    fresh = random.normal(0, 1, (count, steps)) * np.sqrt(1 - kept**2)
    noise = np.empty((count, steps))
    noise[:, 0] = random.normal(0, 1, count)
    for step in range(1, steps):
        noise[:, step] = kept[:, 0] * noise[:, step - 1] + fresh[:, step]
    return noise
