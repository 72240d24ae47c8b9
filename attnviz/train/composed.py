"""Series that nobody measured, added up or multiplied from parts: trend, seasons, noise, and what happens to series.

Each part is made for all rows at once, and each row has its own share of it, often none.
"""

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Random = np.random.Generator

# Lengths that clocks and calendars bring, beside any other, and with which longer one they come together.
USUAL = (4, 5, 6, 7, 7, 7, 10, 12, 12, 12, 13, 24, 24, 24, 30, 48, 52, 60, 96, 144, 168, 288, 336)
PAIRS = ((24, 168), (48, 336), (12, 144), (7, 28), (7, 365), (5, 21), (4, 52), (96, 672), (60, 240), (5, 25), (6, 48))
SHORTEST, LONGEST = 3, 400
HARMONICS = 6
CYCLES = 80  # of which each may have its own strength


def composed(count: int, steps: int, random: Random) -> Values:
    """Trend, one season or two, and noise, added up or multiplied; then what happens to series."""
    time: Values = np.arange(-steps, 0, dtype=np.float64)[None]
    short, long = _seasons(count, steps, random)
    season = some(count, random, 0.85) * _season(short, time, random) * _strengths(short, time, random)
    season += some(count, random, 0.3) * random.uniform(0.2, 1.2, (count, 1)) * _season(long, time, random)
    trend = _trend(count, steps, random)
    noise = loudness(count, random) * restless(count, steps, random)
    wander = some(count, random, 0.35) * random.uniform(0.005, 0.3, (count, 1)) * np.cumsum(random.normal(0, 1, (count, steps)), 1)
    added = season + trend + wander + noise * (1 + some(count, random, 0.2) * np.tanh(season))
    swing = random.uniform(0.03, 0.6, (count, 1))
    grown = np.exp(np.clip(swing * (season + trend + wander) + 0.5 * swing * noise, -6, 6))
    made = np.where(random.random((count, 1)) < 0.3, grown, added)
    return _happened(made, random)


def _seasons(count: int, steps: int, random: Random) -> tuple[Values, Values]:
    """(count, 1) lengths in steps of a season and of a longer one: two fifths usual, two fifths pairs, others any, also broken."""
    any_one = np.exp(random.uniform(np.log(SHORTEST), np.log(min(LONGEST, steps / 2)), (count, 1)))
    any_one = np.where(random.random((count, 1)) < 0.3, any_one, any_one.round())
    pair = np.array(PAIRS, dtype=np.float64)[random.integers(len(PAIRS), size=count)]
    which = random.random((count, 1))
    usual = random.choice(USUAL, (count, 1)).astype(np.float64)
    short = np.where(which < 0.4, usual, np.where(which < 0.8, pair[:, :1], any_one))
    long = np.where((which >= 0.4) & (which < 0.8), pair[:, 1:], short * random.integers(2, 9, (count, 1)))
    swapped = (random.random((count, 1)) < 0.15) & (long < steps)
    return np.where(swapped, long, short), long


def some(count: int, random: Random, share: float) -> Values:
    """(count, 1): 1 for a share of the rows, 0 for the others."""
    return (random.random((count, 1)) < share).astype(np.float64)


def _season(season: Values, time: Values, random: Random) -> Values:
    """(count, step) of deviation about 1: a wave, a profile of its own, a saw, a pulse, or some days unlike the others."""
    count = len(season)
    phase = (time / season + random.random((count, 1))) % 1
    shapes = (
        _wave(phase, random),
        _profile(phase, season, random),
        2 * np.where(random.random((count, 1)) < 0.5, phase, 1 - phase),
        np.where(phase < random.uniform(0.05, 0.6, (count, 1)), 1.0, 0.0),
        np.exp(-0.5 * ((phase - 0.5) / random.uniform(0.03, 0.2, (count, 1))) ** 2),
        np.abs(np.sin(np.pi * phase)) ** random.uniform(0.5, 4, (count, 1)),
    )
    which = random.choice(len(shapes), count, p=[0.4, 0.27, 0.08, 0.09, 0.08, 0.08])
    made = np.choose(which[:, None], shapes)
    return np.asarray((made - made.mean(1, keepdims=True)) / np.maximum(made.std(1, keepdims=True), 0.2))


def _wave(phase: Values, random: Random) -> Values:
    """A few harmonics, the higher ones weaker."""
    harmonic = np.arange(1, HARMONICS + 1)
    strength = random.normal(0, 1, (len(phase), HARMONICS)) / harmonic ** random.uniform(0.5, 2.5, (len(phase), 1))
    shift = random.random((len(phase), HARMONICS))
    waves = [strength[:, [i]] * np.sin(2 * np.pi * (harmonic[i] * phase + shift[:, [i]])) for i in range(HARMONICS)]
    return np.asarray(np.sum(waves, axis=0))


def _profile(phase: Values, season: Values, random: Random) -> Values:
    """Each place in the season has a value of its own, from rough to smooth."""
    places = 48
    values = random.normal(0, 1, (len(phase), places))
    kept = np.where(random.random((len(phase), 1)) < 0.5, 0.0, random.uniform(0, 0.9, (len(phase), 1)))
    for i in range(1, places):
        values[:, i] = kept[:, 0] * values[:, i - 1] + np.sqrt(1 - kept[:, 0] ** 2) * values[:, i]
    place = np.minimum((phase * np.minimum(season.round(), places)).astype(np.int64), places - 1)
    return np.take_along_axis(values, place, 1)


def _strengths(season: Values, time: Values, random: Random) -> Values:
    """How strong the season is from cycle to cycle, or as it slowly changes."""
    count = len(season)
    cycle = np.minimum((-time / season).astype(np.int64), CYCLES - 1)
    each = np.take_along_axis(random.normal(0, 1, (count, CYCLES)), cycle, 1)
    slow = random.normal(0, 0.5, (count, 1)) * time / time.shape[1]
    chance = some(count, random, 0.25) * random.uniform(0.05, 0.5, (count, 1))
    return np.maximum(1 + chance * each + some(count, random, 0.25) * slow, 0)


def _trend(count: int, steps: int, random: Random) -> Values:
    """None, straight, bent, fading, or with corners."""
    t = np.arange(steps)[None] / steps
    slope = random.normal(0, 1, (count, 1)) * np.exp(random.uniform(-1, 1.8, (count, 1)))
    corner = random.uniform(0.1, 1.2, (count, 1))
    shapes = (
        0 * t + 0 * slope,
        slope * t,
        slope * t ** random.uniform(1.2, 3, (count, 1)),
        slope * (1 - np.exp(-t * random.uniform(1, 6, (count, 1)))),
        slope * t + 2 * random.normal(0, 1, (count, 1)) * np.maximum(t - corner, 0),
    )
    return np.choose(random.choice(5, count, p=[0.4, 0.27, 0.13, 0.1, 0.1])[:, None], shapes)


def loudness(count: int, random: Random) -> Values:
    """(count, 1): none for a few rows, else from a hundredth of the season to twice it."""
    return np.exp(random.uniform(np.log(0.02), np.log(2), (count, 1))) * (random.random((count, 1)) > 0.04)


def restless(count: int, steps: int, random: Random) -> Values:
    """(count, step) of deviation about 1: normal, with long tails, skewed, or with memory."""
    fresh = random.normal(0, 1, (count, steps))
    size = (count, steps)
    kinds = (fresh, random.laplace(0, 0.7, size), random.standard_t(3, size) * 0.58, random.exponential(1, size) - 1)
    noise = np.choose(random.choice(4, count, p=[0.6, 0.15, 0.15, 0.1])[:, None], kinds)
    kept = np.where(random.random(count) < 0.45, random.uniform(-0.3, 0.98, count), 0.0)
    return remembered(noise * np.sqrt(1 - kept[:, None] ** 2), kept)


def remembered(fresh: Values, last: Values, before: Values | float = 0.0) -> Values:
    """(row, step): each step keeps a share (row,) of the last one and of the one before it."""
    made = np.ascontiguousarray(fresh.T)
    for step in range(1, len(made)):
        made[step] += last * made[step - 1] + (before * made[step - 2] if step > 1 else 0)
    return made.T


def _happened(made: Values, random: Random) -> Values:
    """Shifts of the level, and peaks that fade or do not last."""
    count, steps = made.shape
    spread = made.std(1, keepdims=True) + 1e-9
    time = np.arange(steps)[None]
    for _ in range(2):
        when = random.integers(0, steps, (count, 1))
        made = made + some(count, random, 0.1) * random.normal(0, 1.5, (count, 1)) * spread * (time >= when)
    rate = some(count, random, 0.15) * np.exp(random.uniform(np.log(0.003), np.log(0.06), (count, 1)))
    peaks = (random.random((count, steps)) < rate) * random.exponential(1, (count, steps))
    peaks = peaks * spread * random.uniform(1, 5, (count, 1))
    fading = np.where(random.random(count) < 0.5, random.uniform(0, 0.9, count), 0.0)
    peaks = remembered(peaks, fading)
    return np.asarray(made + np.where(random.random((count, 1)) < 0.75, 1, -1) * peaks)
