"""All kinds: what several models decide on one photo, and for each the one map that says most, all at one size."""

from collections.abc import Mapping, Sequence

import streamlit as st

from attnviz.cards import ModelCard
from attnviz.errors import AttnvizError
from attnviz.results import PhotoResult
from attnviz.state import Choice, SomeOf
from attnviz.ui import cache, say, widgets
from attnviz.ui.card import cards
from attnviz.ui.controls import controls
from attnviz.ui.photo.given import Given
from attnviz.ui.reading import told
from attnviz.ui.state import State
from attnviz.views import kinds

NAME, TITLE = "kinds", "All kinds"
# Models of one family see the same photo at one size, each with another kind of attention; the clearest maps come first.
FAMILIES = (
    ("photo-gates", "photo-soft", "photo-self", "photo-hard"),
    ("cifar-cbam", "cifar-vit", "cifar-hard"),
)
MOST = 5


def available(result: PhotoResult) -> bool:
    """Whether there is a model to stand beside this one."""
    return any(name != result.card.name for name in widgets.here("image"))


def shown(state: State, result: PhotoResult, given: Given) -> None:
    """This model and others on the same photo; each runs once."""
    here = widgets.here("image")
    others = {name: card for name, card in here.items() if name != result.card.name}
    allowed = SomeOf((*others,), lambda name: others[name].title, MOST)
    beside = Choice(
        "beside",
        "Beside it",
        allowed,
        _family(result.card.name, others),
        "Models that are not on this machine yet stand in the sidebar.",
    )
    lead = st.container()
    values = controls(state, (beside, *kinds.CHOICES))
    results = in_order([result, *decided([others[name] for name in values[beside.name]], given)])
    with lead:
        say.markdown(kinds.agreement(results) or "Choose another model to see both decisions.")
        cards(state, kinds.exhibits(results, values), kinds.CHOICES)
        st.caption(kinds.LEGEND)


def _family(name: str, others: Mapping[str, ModelCard]) -> tuple[str, ...]:
    """Who stands beside a model at first: the rest of its family, or the first of all where it has none."""
    family = next((family for family in FAMILIES if name in family), FAMILIES[0])
    whole = [name for name, card in others.items() if all((card.folder / file).is_file() for file in card.files)]
    return tuple(other for other in family if other in whole) or tuple(whole)[:1]


def in_order(results: Sequence[PhotoResult]) -> list[PhotoResult]:
    """As their families have them, so that the weakest map never comes first; those of no family stay where they are."""
    places = {name: place for place, name in enumerate(name for family in FAMILIES for name in family)}
    return sorted(results, key=lambda each: places.get(each.card.name, 0))


def decided(cards_: Sequence[ModelCard], given: Given) -> list[PhotoResult]:
    """What these models say of the photo, one after the other; of one that fails, why."""
    found = []
    with told("The models look at the photo, one after the other") as tell:
        for done, card in enumerate(cards_):
            try:
                found.append(cache.photo(card.name, given.raw, fit=given.fit))
            except AttnvizError as error:
                say.error(f"{card.title}: {error}")
            tell((done + 1) / len(cards_))
    return found
