"""Series that nobody measured, of many kinds, so that a net learns how series go on and not only how one of them did.

Training a forecaster on a wide mixture of made series follows Dooley et al., 2023, arXiv:2311.01933, and Das et al., 2024,
arXiv:2310.10688, section 5.
"""

from collections.abc import Callable

import numpy as np

from attnviz.train.composed import Random, Values, composed, loudness, remembered, restless, some


def invented(count: int, steps: int, random: Random) -> Values:
    """(count, steps) series, most of them sums of parts, some of kinds of their own."""
    made = composed(count, steps, random)
    kind = random.random(count)
    start = 0.0
    for share, make in KINDS:
        rows = np.flatnonzero((kind >= start) & (kind < start + share))
        if rows.size:
            made[rows] = make(rows.size, steps, random)
        start += share
    return _measured(made, random)


def walks(count: int, steps: int, random: Random) -> Values:
    """Random walks, some with a drift, some of prices, some with long tails or with bouts of unrest."""
    fresh = np.where(random.random((count, 1)) < 0.5, random.normal(0, 1, (count, steps)), random.standard_t(4, (count, steps)))
    unrest = np.exp(some(count, random, 0.3) * 0.1 * np.cumsum(random.normal(0, 1, (count, steps)), 1))
    drift = some(count, random, 0.3) * random.normal(0, 0.08, (count, 1))
    walk = np.cumsum(np.clip(unrest, 0.1, 10) * fresh + drift, 1)
    prices = np.exp(np.clip(random.uniform(0.002, 0.03, (count, 1)) * walk, -20, 20))
    seen = walk + some(count, random, 0.3) * random.uniform(0.2, 3, (count, 1)) * random.normal(0, 1, (count, steps))
    return np.where(random.random((count, 1)) < 0.4, prices, seen)


def levels(count: int, steps: int, random: Random) -> Values:
    """Noise around a level that stands still, is pulled back to, or jumps."""
    noise = restless(count, steps, random)
    jumps = (random.random((count, steps)) < random.choice([0, 0, 0.005, 0.02], (count, 1))) * random.normal(0, 3, (count, steps))
    return noise + np.cumsum(jumps, 1)


def cycles(count: int, steps: int, random: Random) -> Values:
    """Waves whose length and height wander, as those of sunspots (Yule, 1927): half of them autoregression of order 2."""
    made = np.where(random.random((count, 1)) < 0.5, _swings(count, steps, random), _rounds(count, steps, random))
    bent = np.maximum(made + random.uniform(0, 2, (count, 1)), 0) ** random.uniform(1, 1.6, (count, 1))
    noise = 0.3 * loudness(count, random) * random.normal(0, 1, (count, steps))
    return np.where(random.random((count, 1)) < 0.4, bent, made) + noise


def _swings(count: int, steps: int, random: Random) -> Values:
    """Autoregression of order 2 whose roots are a wave that would fade."""
    length = np.exp(random.uniform(np.log(6), np.log(120), count))
    kept = 1 - np.exp(random.uniform(np.log(0.002), np.log(0.08), count))
    fresh = random.normal(0, 1, (count, steps + 200))
    made = remembered(fresh, 2 * kept * np.cos(2 * np.pi / length), -(kept**2))[:, 200:]
    return np.asarray(made / made.std(1, keepdims=True))


def _rounds(count: int, steps: int, random: Random) -> Values:
    """A round trip whose speed and height go up and down, quicker on one half of it than on the other."""
    length = np.exp(random.uniform(np.log(5), np.log(120), (count, 1)))
    kept = np.exp(-1 / (length[:, 0] * random.uniform(0.3, 3, count)))
    uneven = random.uniform(0.02, 0.35, (count, 1))
    swings = [remembered(random.normal(0, 1, (count, steps)) * np.sqrt(1 - kept[:, None] ** 2), kept) for _ in range(2)]
    angle = np.cumsum(2 * np.pi / length * np.exp(uneven * swings[0]), 1) + random.uniform(0, 2 * np.pi, (count, 1))
    leaning = random.uniform(-0.8, 0.8, (count, 1))
    return np.asarray(np.sin(angle + leaning * np.sin(angle)) * np.exp(random.uniform(0, 0.6, (count, 1)) * swings[1]) * 1.4)


def growths(count: int, steps: int, random: Random) -> Values:
    """Levels whose growth goes on, wanders, or is pulled back (Harvey, 1989); also as a share of what is there."""
    kept = np.where(random.random(count) < 0.4, 1.0, random.uniform(0.2, 0.97, count))
    fresh = random.normal(0, 1, (count, steps)) * np.where(kept == 1, 0.15, np.sqrt(1 - kept**2))[:, None]
    change = remembered(fresh, kept) + some(count, random, 0.7) * random.normal(0, 1, (count, 1))
    level = np.cumsum(change, 1)
    seen = level + some(count, random, 0.6) * loudness(count, random) * random.normal(0, 1, (count, steps))
    share = np.exp(random.uniform(np.log(0.003), np.log(0.08), (count, 1)))
    return np.where(random.random((count, 1)) < 0.5, np.exp(np.clip(share * seen, -12, 12)), seen)


def counts(count: int, steps: int, random: Random) -> Values:
    """Whole numbers: many or few, often none, with a season or not."""
    rate = composed(count, steps, random)
    rate = (rate - rate.mean(1, keepdims=True)) / np.maximum(rate.std(1, keepdims=True), 1e-9)
    rate = np.exp(np.clip(random.uniform(0.1, 1.2, (count, 1)) * rate, -4, 4))
    rate = rate * np.exp(random.uniform(np.log(0.2), np.log(200), (count, 1)))
    spread = np.where(random.random((count, 1)) < 0.5, 1.0, random.gamma(5, 0.2, (count, steps)))
    return random.poisson(np.minimum(rate * spread, 1e6)).astype(np.float64)


# Shares of kinds that are no sums of parts.
KINDS: tuple[tuple[float, Callable[[int, int, Random], Values]], ...] = (
    (0.12, walks),
    (0.07, levels),
    (0.08, cycles),
    (0.08, growths),
    (0.1, counts),
)


def _measured(made: Values, random: Random) -> Values:
    """As it is written down: rounded, cut off at a floor, with a level of its own, with gaps filled by straight lines."""
    count, steps = made.shape
    spread = made.std(1, keepdims=True) + 1e-9
    grain = spread * np.exp(random.uniform(np.log(0.02), np.log(0.5), (count, 1)))
    made = np.where(random.random((count, 1)) < 0.15, np.round(made / grain) * grain, made)
    floor = np.quantile(made, random.uniform(0.02, 0.5), axis=1, keepdims=True)
    made = np.where(random.random((count, 1)) < 0.05, np.maximum(made, floor) - floor, made)
    raised = made - made.min(1, keepdims=True) + spread * random.exponential(2, (count, 1))
    made = np.where(random.random((count, 1)) < 0.4, raised, made)
    for row in np.flatnonzero(random.random(count) < 0.1):
        first, length = random.integers(0, max(1, steps - 8)), int(random.integers(1, 8))
        inside = slice(first, min(first + length, steps - 24))
        gap = len(made[row, inside])
        if gap and first:
            made[row, inside] = np.linspace(made[row, first - 1], made[row, first + gap], gap + 2)[1:-1]
    return made
