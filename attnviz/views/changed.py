"""What a decision was, and what it becomes when layers go on with other numbers: no view, for it is of two results."""

from attnviz import plot
from attnviz.exhibit import Exhibit
from attnviz.results import Prediction

SHOWN = 5
ONE_ANSWER = (
    "Grey: before, as the model decides. Blue: after. One input's answer: it says what these numbers did here, not in general."
)


def changed(before: Prediction, after: Prediction, given: str, more: str = "") -> Exhibit:
    """`given`: what was changed, as the beginning of a sentence; `more`: further sentences."""
    likely = {label for each in (before, after) for label, _ in each.ranked[: SHOWN - 1]}
    labels = [label for label, _ in before.ranked if label in likely]
    figure = plot.before_after(labels, *([each.probabilities[label] for label in labels] for each in (before, after)))
    caption = " ".join(filter(None, (said(before, after, given), more)))
    return Exhibit("changed", "What does it change?", (figure,), caption, tuple(after.tape), after, ONE_ANSWER, width=0.5)


def said(before: Prediction, after: Prediction, given: str) -> str:
    """In a sentence."""
    (label, was), (other, likely) = before.ranked[0], after.ranked[0]
    now = after.probabilities[label]
    decided = "stays" if other == label else f"becomes “{other}” ({plot.three_digits(likely)})"
    return (
        f"{given}, “{label}” goes from {plot.three_digits(was)} to {plot.three_digits(now)} ({plot.signed(now - was)}); "
        f"the decision {decided}."
    )
