"""What many draws of patches would have decided, beside one result: no view, for a result holds one draw."""

from collections.abc import Sequence

import numpy as np

from attnviz import plot
from attnviz.exhibit import Exhibit
from attnviz.explain import among, standard_error
from attnviz.results import PhotoResult, Samples


def exhibits(result: PhotoResult, samples: Samples, first: int) -> Sequence[Exhibit]:
    """The spread of their decisions, and how often each patch was drawn; `first`: the seed of the first."""
    return spread(result, samples, first), often(result, samples)


def spread(result: PhotoResult, samples: Samples, first: int) -> Exhibit:
    """What the draws decide."""
    count, labels = len(samples.picks), list(result.probabilities)
    decided = np.bincount(samples.probabilities.argmax(-1), minlength=len(labels))
    ranked = sorted(((labels[i], float(decided[i]) / count) for i in np.flatnonzero(decided)), key=lambda each: -each[1])
    label = result.decision or labels[0]
    values = samples.probabilities[:, labels.index(label)]
    caption = (
        f"Bars: shares of {count} draws (seeds {first} to {first + count - 1}) by what they decide. The probability of “{label}” "
        f"runs from {values.min():.3f} to {values.max():.3f} in them, with a mean of {values.mean():.3f}, and with the picks shown "
        f"it is {result.probabilities[label]:.3f}."
    )
    figure = plot.probabilities(ranked[: plot.RANKED])
    return Exhibit("spread", f"What would {count} draws decide?", (figure,), caption, (), result, width=0.3)


def often(result: PhotoResult, samples: Samples) -> Exhibit:
    """How often each patch was drawn, beside its odds and how often they let expect it."""
    count, odds = len(samples.picks), result.tape.of("odds")[0]
    shares = samples.picks.mean(0).astype(np.float32)
    chances = among(samples.odds, int(samples.picks[0].sum())).astype(np.float32)
    gaps, errors = np.abs(shares - chances), 2 * standard_error(chances, count)
    row, column = np.unravel_index(int(gaps.argmax()), gaps.shape)
    caption = (
        f"{int((gaps <= errors).sum())} of {gaps.size} shares lie within two standard errors, 2 √(p (1 − p) / {count}), of their "
        f"chance p; about 19 of 20 should. The largest gap is {gaps[row, column]:.3f}, at row {row}, column {column}."
    )
    legend = (
        "Left: odds of the first pick, which sum to 1. Middle: what follows from them, the chance to be among the "
        f"{chances.sum():.0f} picked. Right: how often each patch was picked in {count} draws."
    )
    figures = (
        plot.gate_map(odds, 0.0, float(odds.dense().max())), plot.shares(chances, "chance to be picked"),
        plot.shares(shares, "share of draws"),
    )  # fmt: skip
    return Exhibit("often", "Do the draws keep to the odds?", figures, caption, (odds,), result, legend, width=0.7)
