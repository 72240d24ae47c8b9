"""What a trial says, in words, by one rule for all.

A map passes where what it ranks first moves the decision further than the 95 % band of random choices does; where one word alone
carries the decision, where it names that one, of twenty words or more.
"""

from attnviz.explain.erasure import Trial

SENTENCE = (
    "Hiding the {top} it {verb} most moves {what} by {moved:.3f}; {others} move it by {mean:.3f} "
    "({low:.3f} to {high:.3f}): {verdict}."
)
VERDICTS = {True: "this map points at what matters", False: "no more than luck would, so this map does not explain this decision"}
LUCK = "with {count} {parts} that cannot be told from luck"
TOO_FEW = "{count} {parts} are too few to tell a map that points at what matters from luck."


def verdict(trial: Trial, what: str, parts: str = "words", verb: str = "looked at") -> str:
    """One sentence: `what` was decided, `parts` are what is hidden, in the plural, and `verb` what the map does with them."""
    if not trial.luck.tested:
        return TOO_FEW.format(count=trial.luck.parts, parts=parts)
    low, high = trial.band
    moved, mean, low, high = (round(number, 3) + 0.0 for number in (trial.moved, float(trial.random.mean()), low, high))
    one = trial.luck.tested == 1
    return SENTENCE.format(
        top=parts.removesuffix("s") if one else f"{trial.luck.tested} {parts}",
        others="the others, one at a time," if one else f"{trial.luck.tested} random ones",
        verb=verb, what=what, moved=moved, mean=mean, low=low, high=high,
        verdict=LUCK.format(count=trial.luck.parts, parts=parts) if trial.passed is None else VERDICTS[trial.passed],
    )  # fmt: skip
