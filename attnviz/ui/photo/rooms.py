"""The views of the Image page: each shows its first row, has its controls below that, and then the rest of it."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from attnviz.exhibit import Exhibit, rows
from attnviz.results import PhotoResult
from attnviz.state import Choice, Chosen
from attnviz.ui import cache, drawing
from attnviz.ui.card import cards
from attnviz.ui.controls import controls
from attnviz.ui.photo import alike, switches
from attnviz.ui.photo.given import Given
from attnviz.ui.state import State
from attnviz.views import View, photo_channel, photo_draws, photo_hard, photo_spatial

Room = Callable[[State, View[PhotoResult], PhotoResult, Given], PhotoResult]
MEANING = (
    "Most probable: the patches with the largest odds. Drawn by chance: one patch after another, each by the odds of those "
    "that are left."
)


def plain(state: State, view: View[PhotoResult], result: PhotoResult, given: Given) -> PhotoResult:  # noqa: ARG001
    """A view as it is."""
    _shown(state, view, result, lambda chosen: view.exhibits(result, chosen))
    return result


def hard(state: State, view: View[PhotoResult], result: PhotoResult, given: Given) -> PhotoResult:
    """With picks by chance, and what a hundred draws would have decided."""
    lead = st.container()
    name, raw, fit = result.card.name, given.raw, given.fit
    shown = drawing.picked(state, "patches", MEANING, result, lambda seed: cache.photo(name, raw, fit=fit, seed=seed))
    _shown(state, view, shown, lambda chosen: view.exhibits(shown, chosen), lead)
    cards(state, photo_draws.exhibits(shown, drawing.samples(result, *given.key), drawing.FIRST))
    return shown


def spatial(state: State, view: View[PhotoResult], result: PhotoResult, given: Given) -> PhotoResult:
    """With the question whether places matter."""
    chosen = _shown(state, view, result, lambda chosen: view.exhibits(result, chosen))
    alike.asked(state, result, given, photo_spatial.chosen_gates(result, chosen))
    return result


def channel(state: State, view: View[PhotoResult], result: PhotoResult, given: Given) -> PhotoResult:
    """With switches for the gates, what they change, and what is behind the gates."""
    switched = switches.chosen(state, result)
    passed = switches.passed(result, given, switched)
    after = result if passed is None else passed.again
    chosen = _shown(state, view, result, lambda chosen: photo_channel.against(after, result, switched, chosen))
    switches.controls(state, result, chosen)
    if passed is not None:
        cards(state, switches.told(result, passed, chosen))
    return result


def _shown(
    state: State, view: View[PhotoResult], result: PhotoResult, exhibits: Callable[[Chosen], Sequence[Exhibit]], lead: Any = None
) -> Chosen:
    """The first row of exhibits, the controls, and the other rows; `lead` is where the first row goes."""
    lead = st.container() if lead is None else lead
    choices: Sequence[Choice] = view.choices(result)
    chosen = controls(state, choices)
    first, *rest = rows(exhibits(chosen))
    with lead:
        cards(state, first, choices)
    cards(state, [each for row in rest for each in row], choices)
    return chosen


# What the page does beside a view, by its name; the others are shown as they are.
ROOMS: dict[str, Room] = {photo_hard.VIEW.name: hard, photo_spatial.VIEW.name: spatial, photo_channel.VIEW.name: channel}
