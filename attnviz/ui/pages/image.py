"""The Image page: a photo, the decision, and where and through what the model looked, a view for every kind of attention."""

import streamlit as st

from attnviz.results import PhotoResult
from attnviz.state import Choice, OneOf
from attnviz.ui import cache, say, widgets
from attnviz.ui.card import cards
from attnviz.ui.controls import control
from attnviz.ui.photo import kinds
from attnviz.ui.photo.given import PRIVATE, Given, given
from attnviz.ui.photo.rooms import ROOMS, plain
from attnviz.ui.pinning import pinning
from attnviz.ui.state import State
from attnviz.ui.verdict import verdict
from attnviz.views import given as photos
from attnviz.views import pinned_photo, views_of

LABELS = 3  # whose probabilities are in sight


def page() -> None:
    """Widgets from top to bottom, in the order of a visitor's questions."""
    state = State("image", PRIVATE)
    widgets.head("Where does it look in a photo?")
    card = widgets.model(state, "image", first="photo-gates")
    photo = given(state)
    if card is not None:
        result, _ = cache.attempted(f"image {card.name}", lambda: cache.photo(card.name, photo.raw, fit=photo.fit))
        if result is not None:
            looked_at(state, result, photo)
    state.finish()


@st.fragment
def looked_at(state: State, result: PhotoResult, photo: Given) -> None:
    """From the decision to the maps; runs again alone, and the model only where the visitor asks what if."""
    words, bars = st.columns([3, 2])
    with words:
        decided = st.container()
        name = chosen_view(state, result)
    known = {view.name: view for view in views_of(result)}
    shown = result
    if name == kinds.NAME:
        kinds.shown(state, result, photo)
    elif name is not None:
        shown = ROOMS.get(name, plain)(state, known[name], result, photo)
    with decided:
        widgets.decided(shown)
    with bars:
        widgets.likely(shown, "image-decision", LABELS)
    if name is not None:
        said = known[name].says(result, state.take(known[name].choices(result))) if shown is result and name in known else None
        verdict(state, result, [said] if said else [])
        here = None if name == kinds.NAME else pinned_photo.pin(tuple(state.drawn.values()), shown)
        pinning(state, here, pinned_photo.exhibits, "the photo, what is shown of it, or the model")
    cards(state, photos.exhibits(result))
    state.write()


def chosen_view(state: State, result: PhotoResult) -> str | None:
    """The view that is shown, of those that this result has; None, after saying so, where it has none."""
    titles = {view.name: view.title for view in views_of(result)}
    if not titles:
        st.info(
            "The layers of this model do not look at one grid of patches, so nothing is laid over the photo. "
            f"All maps as numbers: {say.code(f'attnviz map {result.card.name} --image photo.jpg --out maps.npz')}."
        )
        return None
    if kinds.available(result):
        titles[kinds.NAME] = kinds.TITLE
    choice = Choice("view", "View", OneOf((*titles,), titles.__getitem__), next(iter(titles)))
    name = str(state.take((choice,))[choice.name])
    if len(titles) > 1:
        control(state, choice, name)
    return name
