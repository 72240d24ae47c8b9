"""What many draws of hard attention would have decided, beside one result: no view, for a result holds one draw."""

from collections.abc import Sequence

import numpy as np

from attnviz import plot
from attnviz.exhibit import Exhibit
from attnviz.explain import standard_error, with_and_without
from attnviz.results import Samples, TextResult
from attnviz.views.sentence import word_at


def exhibits(result: TextResult, samples: Samples, first: int, lock: int) -> Sequence[Exhibit]:
    """The spread of their decisions, and how often each word was drawn; `first`: the seed of the first, `lock`: a token."""
    return spread(result, samples, first, word_at(result.encoded.words, lock)), against_odds(result, samples)


def spread(result: TextResult, samples: Samples, first: int, locked: int | None) -> Exhibit:
    """What the draws decide, as a distribution; of two labels it is the second that is told, as positive against negative."""
    count, label = len(samples.picks), list(result.probabilities)[-1]
    values = samples.probabilities[:, -1]
    counts = np.bincount(samples.probabilities.argmax(-1), minlength=len(result.probabilities))
    shares = ", ".join(f"{each} “{name}”" for name, each in zip(result.probabilities, counts, strict=True))
    caption = (
        f"Of {count} draws (seeds {first} to {first + count - 1}) the decisions are: {shares}. The probability of "
        f"“{label}” runs from {values.min():.3f} to {values.max():.3f}, with a mean of {values.mean():.3f}."
    )  # fmt: skip
    about = "" if locked is None else f"{_about(result, samples, label, locked)} "
    figure = plot.decisions(values.tolist(), label, result.probabilities[label])
    legend = "Each bar counts draws in a step of 0.05; the triangle marks the decision shown above."
    return Exhibit("spread", f"What would {count} draws decide?", (figure,), about + caption, (), result, legend, width=0.5)


def _about(result: TextResult, samples: Samples, label: str, word: int) -> str:
    """What picking a word does."""
    taken = samples.picks[:, word]
    said = [
        f"{where} it the probability of “{label}” is {value:.3f} on average"
        for where, value in zip(("with", "without"), with_and_without(taken, samples.probabilities[:, -1]), strict=True)
        if value is not None
    ]
    odds, times = samples.odds[word], int(taken.sum())
    return (
        f"“{result.encoded.words[word].text}” has odds of {odds:.3f}, and {times} of {len(taken)} samples picked it: "
        f"{', '.join(said)}."
    )


def against_odds(result: TextResult, samples: Samples) -> Exhibit:
    """How often each word was drawn, against its odds."""
    (odds,), count = result.tape.of("odds"), len(samples.picks)
    names, means = odds.labels["word"], samples.picks.mean(0)
    errors = 2 * standard_error(samples.odds, count)
    gaps = np.abs(means - samples.odds)
    worst = int(gaps.argmax())
    caption = (
        f"Here {int((gaps <= errors).sum())} of {len(gaps)} points lie within their whiskers, and the largest gap is "
        f"{gaps[worst]:.3f}, at “{names[worst]}”."
    )
    if len(names) > plot.MOST_PICKS:
        caption += f" Shown are the {plot.MOST_PICKS} words with the largest odds of {len(names)}."
    legend = (
        f"Bars: odds. Points: the share of the {count} draws that picked the word. Whiskers: two standard errors, "
        f"2 √(p (1 − p) / {count}) for odds p: how far chance alone takes a share. About 19 of 20 points should lie within; "
        "for odds close to 0 or 1 that is rough."
    )
    figure = plot.against_odds(names, samples.odds, means, errors)
    return Exhibit("means", "Do the draws keep to the odds?", (figure,), caption, (odds,), result, legend, width=0.5)
