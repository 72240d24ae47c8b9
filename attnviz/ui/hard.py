"""Hard attention over a sentence: odds beside a choice, what was read, and what a hundred draws would have decided."""

import numpy as np
import streamlit as st

from attnviz import plot
from attnviz.draw import choose, figure_of
from attnviz.explain import along_words, picked_words, standard_error, with_and_without
from attnviz.predict import Samples
from attnviz.results import START, TextResult
from attnviz.ui import cache, drawing, say, widgets
from attnviz.ui.drawing import COUNT, FIRST
from attnviz.ui.words import NUMBERED, locked_token, toggle, word_at, words

# The axes of the maps on a tape that is shown here: odds, picks, and how the picked words were read.
AXES = (("word",), ("word",), ("key picked",))
NAME = "hard"
DEFAULTS = drawing.defaults(NAME)
MEANING = (
    "Most probable: the words with odds above one half. Drawn by chance: for each word a coin is tossed that "
    "falls on “picked” with the word's odds."
)


def view(prediction: TextResult) -> None:
    """Everything about one sentence; `prediction` holds the most probable picks."""
    widgets.remember(DEFAULTS)  # here, where they are drawn: set earlier, a value would outlive its widget and be taken for kept
    looked_at(prediction)


@st.fragment
def looked_at(probable: TextResult) -> None:
    """The decision and its picks, most probable or of a seed; runs again alone, and the model only for a new seed."""
    encoded = probable.encoded
    decided = st.container()
    drawn = drawing.controls(NAME, "Which words are picked?", MEANING)
    prediction = probable if drawn is None else cache.text(probable.card.name, encoded.text, seed=drawn)
    with decided:
        widgets.decision(prediction, "text-decision")
    samples = drawing.samples(probable, encoded.text)
    sentence_chosen(prediction, samples)
    left, right = st.columns([1, 1], gap="medium")
    with left:
        odds_and_picks(prediction)
    with right:
        seen(prediction)
    left, right = st.columns([1, 1], gap="medium")
    with left:
        spread(prediction, samples)
    with right:
        against_odds(prediction, samples)
    widgets.keep(DEFAULTS)


def sentence_chosen(prediction: TextResult, samples: Samples) -> None:
    """The sentence as buttons, outlined by odds and filled where picked; of a locked word, what picking it does."""
    encoded = prediction.encoded
    text, shown, names = cache.fingerprint(encoded.text), encoded.words, [word.text for word in encoded.words]
    odds, picked = prediction.tape["picker.odds"].dense(), _picked(prediction)
    locked = word_at(shown, locked_token(text))
    words(
        names, odds, [False] * len(names), f"hard {text}", locked, lambda i: toggle(text, list(shown), i), picked=picked,
    )  # fmt: skip
    if locked is None:
        odds_shown = "Outline and number" if len(names) <= NUMBERED else "Outline"
        st.caption(f"Filled: picked. {odds_shown}: the odds of being picked. Click a word to see what picking it does.")
    else:
        say.caption(_about(names[locked], locked, prediction, samples))


def _about(name: str, word: int, prediction: TextResult, samples: Samples) -> str:
    label = _label(prediction)
    taken = samples.picks[:, word]
    with_it, without = with_and_without(taken, samples.probabilities[:, -1])
    said = [
        f"{where} it the probability of “{label}” is {value:.3f} on average"
        for where, value in (("with", with_it), ("without", without))
        if value is not None
    ]
    return (
        f"“{name}” has odds of {samples.odds[word]:.3f}, and {int(taken.sum())} of {COUNT} samples picked it: "
        f"{', '.join(said)}. Click it again to unlock."
    )


def odds_and_picks(prediction: TextResult) -> None:
    """Odds beside the choice, as a map card; the files hold what the shell writes for the same seed."""
    st.subheader("How sure was each pick?", anchor=False)
    maps = choose(prediction)
    figure, caption = figure_of(prediction, maps)
    widgets.chart(figure, "hard-odds-figure", caption)
    widgets.card_foot(maps[0], figure, caption, prediction, "hard-odds", maps)


def seen(prediction: TextResult) -> None:
    """The picked words alone, and how they were weighed."""
    encoded = prediction.encoded
    st.subheader("What did the classifier see?", anchor=False)
    picked = _picked(prediction)
    chosen = [word.text for word, taken in zip(encoded.words, picked, strict=True) if taken]
    with st.container(key="hard-seen", border=True):
        st.markdown(f"**{say.literal(' '.join(chosen))}**" if chosen else "*Nothing: no word was picked.*")
    if not chosen:
        st.caption("The decision is what the classifier answers without having read anything.")
    elif unseen := len(picked) - len(chosen):
        rest = f"The other {unseen} words were" if unseen > 1 else "The other word was"
        st.caption(f"{rest} never shown to it, and cannot have changed the decision, other than by what was picked.")
    reader = prediction.tape["reader.attention"]
    m = along_words(reader, picked_words(encoded.words, picked, START))
    figure = plot.word_weights(m.labels["key picked"], m.dense().tolist(), float(m.dense().max()))
    what = f"What it saw, and how it weighed each word; “{START}” is a learned beginning that stands before any words."
    if m.size("key picked") > plot.RANKED:
        what += f" These are the {plot.RANKED} largest of {m.size('key picked')} weights."
    layer = prediction.tape.layers.index(reader.layer)
    widgets.map_card(
        m, figure, f"{what} {plot.caption(m, prediction.card.name, prediction.seconds, layer)}", prediction, "hard-reader"
    )


def spread(prediction: TextResult, samples: Samples) -> None:
    """What a hundred draws decide, as a distribution."""
    st.subheader(f"What would {COUNT} draws decide?", anchor=False)
    label = _label(prediction)
    values = samples.probabilities[:, -1]
    figure = plot.decisions(values.tolist(), label, prediction.probabilities[label])
    counts = np.bincount(samples.probabilities.argmax(-1), minlength=len(prediction.probabilities))
    shares = ", ".join(f"{count} “{name}”" for name, count in zip(prediction.probabilities, counts, strict=True))
    caption = (
        f"Of {COUNT} draws (seeds {FIRST} to {FIRST + COUNT - 1}) the decisions are: {shares}. The probability of "
        f"“{label}” runs from {values.min():.3f} to {values.max():.3f}, with a mean of {values.mean():.3f}. "
        f"Each bar counts draws in a step of 0.05; the triangle marks the decision shown above."
    )  # fmt: skip
    widgets.chart(figure, "hard-spread", caption)
    say.caption(caption)


def against_odds(prediction: TextResult, samples: Samples) -> None:
    """How often each word was drawn, against its odds."""
    st.subheader("Do the draws keep to the odds?", anchor=False)
    names, means = prediction.tape["picker.odds"].labels["word"], samples.picks.mean(0)
    errors = 2 * standard_error(samples.odds, COUNT)
    gaps = np.abs(means - samples.odds)
    worst = int(gaps.argmax())
    caption = (
        f"Bars: odds. Points: the share of the {COUNT} draws that picked the word. Whiskers: two standard errors, "
        f"2 √(p (1 − p) / {COUNT}) for odds p: how far chance alone takes a share. About 19 of 20 points should "
        f"lie within; for odds close to 0 or 1 that is rough. "
        f"Here {int((gaps <= errors).sum())} of {len(gaps)} do, and the largest gap is {gaps[worst]:.3f}, "
        f"at “{names[worst]}”."
    )  # fmt: skip
    if len(names) > plot.MOST_PICKS:
        caption += f" Shown are the {plot.MOST_PICKS} words with the largest odds of {len(names)}."
    widgets.chart(plot.against_odds(names, samples.odds, means, errors), "hard-means", caption)
    say.caption(caption)


def _picked(prediction: TextResult) -> list[bool]:
    return [bool(each) for each in prediction.tape["picker.picks"].dense()]


def _label(prediction: TextResult) -> str:
    """The label whose probability is told: of two the second, as positive against negative."""
    return list(prediction.probabilities)[-1]
