"""The hard view: odds of every patch, the patches picked by them, what the classifier saw, and what a hundred draws decide."""

import numpy as np
import streamlit as st

from attnviz import plot
from attnviz.draw import chosen_patches, hard_patches
from attnviz.explain import among, standard_error
from attnviz.predict import Samples
from attnviz.results import PhotoResult
from attnviz.ui import cache, drawing, say, widgets
from attnviz.ui.drawing import COUNT, FIRST
from attnviz.ui.photo.view import Given

NAME = "glimpse"
DEFAULTS = drawing.defaults(NAME)
MEANING = (
    "Most probable: the patches with the largest odds. Drawn by chance: one patch after another, each by the odds of those "
    "that are left."
)


def available(prediction: PhotoResult) -> bool:
    """Whether patches of the photo were picked."""
    return hard_patches(prediction.tape) is not None


@st.fragment
def draw(probable: PhotoResult, given: Given) -> None:
    """Odds and picks, most probable or of a seed; runs again alone, and the model only for a new seed."""
    widgets.remember(DEFAULTS)
    seed = drawing.controls(NAME, "Which patches are picked?", MEANING)
    widgets.keep(DEFAULTS)
    prediction = probable
    if seed is not None:
        prediction = cache.photo(probable.card.name, given.raw, fit=given.fit, seed=seed)
    samples = drawing.samples(probable, given.raw, given.fit)
    picked(prediction)
    left, right = st.columns(2, gap="medium")
    with left:
        decided(prediction)
    with right:
        spread(prediction, samples)
    often(prediction, samples)


def picked(prediction: PhotoResult) -> None:
    """Odds, picks and what was left of the photo in a row, and the foot of the map card; files hold odds and picks."""
    maps = hard_patches(prediction.tape)
    assert maps is not None
    odds, picks = maps
    photo = prediction.encoded
    top = float(odds.dense().max())
    st.subheader("Where might it look, where did it, and what did it see?", anchor=False)
    columns = st.columns(3)
    chosen = plot.chosen_patches(odds, picks, photo.seen)
    with columns[0]:
        widgets.chart(plot.overlay(odds, photo.seen, 0.85, 0.0, top), f"{NAME}-odds", "The photo, dimmed where odds are small")
        st.caption("The odds of a first pick: bright where they are large.")
    with columns[1]:
        widgets.chart(chosen, f"{NAME}-picks", "The photo, with the picked patches filled")
        st.caption("Filled: picked. Outlines are stronger where odds are larger.")
    with columns[2]:
        widgets.chart(plot.left_over(picks, photo.input), f"{NAME}-seen", "The picked patches alone")
        st.caption(f"What the classifier saw: {int(picks.dense().sum())} patches, in the model's own pixels.")
    widgets.card_foot(
        odds, plot.choice(odds, picks, photo.seen, photo.input), chosen_patches(prediction, *maps), prediction, NAME, maps
    )


def decided(prediction: PhotoResult) -> None:
    """What was decided from these picks."""
    st.subheader("What was decided from these patches?", anchor=False)
    widgets.decision(prediction, f"{NAME}-decision")
    st.caption(
        "The other patches were never shown to the classifier, and cannot have changed the decision, other than by what was "
        "picked: the odds come from a glance at the whole photo."
    )


def spread(prediction: PhotoResult, samples: Samples) -> None:
    """What a hundred draws decide."""
    st.subheader(f"What would {COUNT} draws decide?", anchor=False)
    labels = list(prediction.probabilities)
    counts = np.bincount(samples.probabilities.argmax(-1), minlength=len(labels))
    ranked = sorted(((labels[i], float(counts[i]) / COUNT) for i in range(len(labels)) if counts[i]), key=lambda each: -each[1])
    label = prediction.decision or labels[0]
    values = samples.probabilities[:, labels.index(label)]
    widgets.chart(plot.probabilities(ranked), f"{NAME}-spread", f"Shares of {COUNT} draws by what they decide")
    now = prediction.probabilities[label]
    say.caption(
        f"Bars: shares of {COUNT} draws (seeds {FIRST} to {FIRST + COUNT - 1}) by what they decide. The probability of "
        f"“{label}” runs from {values.min():.3f} to {values.max():.3f} in them, with a mean of "
        f"{values.mean():.3f}, and with the picks shown it is {now:.3f}."
    )


def often(prediction: PhotoResult, samples: Samples) -> None:
    """How often each patch was drawn, beside the odds and how often they let expect it."""
    odds = prediction.tape["picker.odds"]
    st.subheader("Do the draws keep to the odds?", anchor=False)
    drawn = samples.picks.mean(0).astype(np.float32)
    chances = among(samples.odds, int(samples.picks[0].sum())).astype(np.float32)
    gaps, errors = np.abs(drawn - chances), 2 * standard_error(chances, COUNT)
    columns = st.columns(3)
    with columns[0]:
        widgets.chart(plot.gate_map(odds, 0.0, float(odds.dense().max())), f"{NAME}-odds-map", "The odds of a first pick")
        st.caption("Odds of the first pick. They sum to 1.")
    with columns[1]:
        widgets.chart(plot.shares(chances, "chance to be picked"), f"{NAME}-chances", "The chance of each patch to be picked")
        st.caption(f"What follows from the odds: the chance to be among the {chances.sum():.0f} picked.")
    with columns[2]:
        widgets.chart(plot.shares(drawn, "share of draws"), f"{NAME}-shares", "How often each patch was picked")
        st.caption(f"How often each patch was picked in {COUNT} draws.")
    row, column = np.unravel_index(int(gaps.argmax()), gaps.shape)
    st.caption(
        f"{int((gaps <= errors).sum())} of {gaps.size} shares lie within two standard errors, 2 √(p (1 − p) / {COUNT}), of their "
        f"chance p; about 19 of 20 should. The largest gap is {gaps[row, column]:.3f}, at row {row}, column {column}."
    )
