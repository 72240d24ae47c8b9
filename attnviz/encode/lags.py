"""After how many steps a series repeats itself, told from the series alone, and that it does not where it does not.

Steps that lie a season apart differ less than steps that lie a little more or less apart: the mean squared difference at each lag
(the structure function, which is the autocorrelation turned over, and stands a level that wanders) has a valley there.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Lags = NDArray[np.int64]

KNOWN = 4_000  # steps before the forecast from which a season is told
LONGEST = 700
# Shortest and longest lag, and over how many steps the level is told that is taken away before.
BANDS = ((2, 12, 24), (13, 48, 96), (49, 192, 384), (193, LONGEST, 1_400))
CYCLES = 2  # how often a season must have been seen
FEWEST = 5  # steps of which a season may be told
OUTLYING = 4.0  # in usual deviations: what leaves farther is cut off
AHEAD = 24
# How deep a valley must be: in deviations of chance over all steps, over the cycles there are, and at least.
VALLEY, RARE, LEAST_VALLEY = 2.6, 1.3, 0.12
WIDE = 20
NEARLY = 1.15  # a shorter season that errs at most so many times as much as a longer one is taken for it


def lags(values: Values, usual: Iterable[int] = (), ahead: int = AHEAD) -> Lags:
    """(row, step) -> (row, 2): the season that tells the next steps best, and a shorter one within it; 0 where there is none.

    `usual`: lags that a calendar expects. A season found beside one of them is taken for it.
    """
    values = values[:, -KNOWN:]
    found = np.zeros((len(values), 2), dtype=np.int64)
    longest = min(LONGEST, values.shape[1] // CYCLES)
    if values.shape[1] < FEWEST:
        return found
    tidied = _tidied(values)
    differences, depth = _differences(tidied, min(values.shape[1] - 2, longest * 3 // 2 + 1)), np.zeros((len(values), longest + 1))
    for shortest, end, window in BANDS:
        if shortest <= longest:
            stop, farthest = min(end, longest), min(end * 3 // 2 + 1, values.shape[1] - 2)
            level = 2 * window < values.shape[1]
            band = _differences(_without_level(tidied, window), farthest) if level else differences
            depth[:, shortest : stop + 1] = _valleys(band, shortest, stop, values.shape[1])
    for row in np.flatnonzero(depth.any(1)):
        found[row] = _two(differences[row], depth[row], ahead)
    for lag in usual:
        found[np.abs(found - lag) <= lag // WIDE] = lag
    return found


def within(found: Lags, seen: int) -> Lags:
    """(row, 2) lags -> the same of a window of so many steps: what it is too short for is left out, and the other one moves up."""
    kept = np.where(found <= seen, found, 0)
    return np.where(kept[:, :1] > 0, kept, kept[:, ::-1])


def _two(difference: Values, depth: Values, ahead: int) -> tuple[int, int]:
    """Of one row: the main lag and the one within it."""
    candidates = np.flatnonzero(depth)
    errors = {int(lag): _error(difference, int(lag), ahead) for lag in candidates}
    best = min(errors.values())
    main = min(lag for lag, error in errors.items() if error <= NEARLY**2 * best)
    within = [lag for lag in candidates if lag <= main // 2]
    if within:
        return main, int(max(within, key=lambda lag: depth[lag] - 0.05 * lag / main))
    longer = [lag for lag in candidates if lag >= 2 * main and depth[lag] > depth[main] + 0.05]
    return main, int(max(longer, key=lambda lag: depth[lag])) if longer else 0


def _error(difference: Values, lag: int, ahead: int) -> float:
    """The mean squared error of the last season again, over the steps ahead; lags that are not known count as the longest known."""
    back = lag * ((np.arange(ahead) // lag) + 1)
    return float(difference[np.minimum(back, len(difference) - 1)].mean())


def _tidied(values: Values) -> Values:
    """Without its straight line, and outliers cut to what is usual."""
    time = np.linspace(-1, 1, values.shape[1])
    centred = values - values.mean(1, keepdims=True)
    rest = centred - (centred @ time / (time @ time))[:, None] * time
    spread = np.median(np.abs(rest - np.median(rest, 1, keepdims=True)), 1, keepdims=True) * 1.4826
    spread = np.where(spread > 0, spread, rest.std(1, keepdims=True))
    return np.clip(rest, -OUTLYING * spread, OUTLYING * spread)


def _differences(values: Values, longest: int) -> Values:
    """(row, lag) from 0 to `longest`: the mean squared difference of steps that lie so far apart, by the Fourier transform."""
    steps = values.shape[1]
    size = 1 << (2 * steps - 1).bit_length()
    power = np.abs(np.fft.rfft(values, size)) ** 2
    products = np.fft.irfft(power, size)[:, : longest + 1]
    squares = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values**2, 1)], 1)
    lag = np.arange(longest + 1)
    both = squares[:, steps - lag] + squares[:, -1:] - squares[:, lag]
    return np.maximum(both - 2 * products, 0) / (steps - lag)


def _without_level(values: Values, window: int) -> Values:
    """Without the mean of the `window` steps around each step, as far as there are so many."""
    sums = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, 1)], 1)
    step = np.arange(values.shape[1])
    first, stop = np.maximum(step - window // 2, 0), np.minimum(step + window - window // 2, values.shape[1])
    return np.asarray(values - (sums[:, stop] - sums[:, first]) / (stop - first))


def _valleys(differences: Values, shortest: int, longest: int, steps: int) -> Values:
    """(row, lag) from `shortest` to `longest`: how deep the valley at a lag is, as a share of the lower of the hills beside it."""
    depth = np.zeros((len(differences), longest + 1 - shortest))
    tiny = 1e-9 * np.maximum(differences[:, 1:].mean(1), 1e-300)
    smooth = np.stack([_around(differences, lag) for lag in range(shortest - 1, longest + 2)], 1)
    for i, lag in enumerate(range(shortest, longest + 1)):
        here, side = differences[:, lag], max(1, lag // 2)
        hill = np.minimum(differences[:, max(1, lag - side) : lag].max(1), differences[:, lag + 1 : lag + 1 + side].max(1))
        lowest = (smooth[:, i + 1] <= smooth[:, i]) & (smooth[:, i + 1] <= smooth[:, i + 2])
        share = 1 - here / np.maximum(hill, tiny)
        least = max(LEAST_VALLEY, RARE * (lag / steps) ** 0.5, VALLEY / steps**0.5)
        depth[:, i] = np.where(lowest & (share > least), share, 0)
    return depth


def _around(differences: Values, lag: int) -> Values:
    """(row,): the mean around a lag, the nearer the more; the wider, the longer the lag, for valleys of smooth seasons are wide."""
    side = min(lag // WIDE, differences.shape[1] - 1 - lag)
    weights = 1 + side - np.abs(np.arange(-side, side + 1))
    return np.asarray(differences[:, lag - side : lag + side + 1] @ weights / weights.sum())
