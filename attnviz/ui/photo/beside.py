"""Side by side: what several models decide on one photo, and for each the one map that says most, all at one size."""

from collections.abc import Sequence

import plotly.graph_objects as go
import streamlit as st

from attnviz import plot
from attnviz.cards import ModelCard
from attnviz.errors import AttnvizError
from attnviz.results import PhotoResult
from attnviz.ui import cache, say, widgets
from attnviz.ui.photo import looks, point
from attnviz.ui.photo.looks import OWN, SCALES, WHOLE
from attnviz.ui.photo.mains import Main, main_map
from attnviz.ui.photo.view import Given
from attnviz.ui.reading import told

OTHERS, SCALE = "beside-others", "beside-scale"
DEFAULTS = {OTHERS: None, SCALE: WHOLE}
# Who stands beside a model at first: the first of these that is another.
PREFERRED = ("cifar-vit", "cifar-cbam")
MOST, ACROSS, LABELS = 5, 3, 3
STRENGTH = 0.85
LEGEND = (
    "Blue: weights, which are shares of one whole. Amber: gates, each by itself between 0, shut, and 1, open, and no share of "
    "anything. Teal: what was picked. Every model's scale is its own, and its legend says it."
)


def available(prediction: PhotoResult) -> bool:
    """Whether there is a model to stand beside this one."""
    return any(name != prediction.card.name for name in widgets.here("image"))


@st.fragment
def draw(prediction: PhotoResult, given: Given) -> None:
    """This model and others on the same photo; each runs once."""
    widgets.remember(DEFAULTS)
    first, second = st.columns([3, 2], vertical_alignment="bottom")
    with first:
        cards = others(prediction.card.name)
    stretched = second.segmented_control("Scale", [WHOLE, OWN], key=SCALE, required=True, help=SCALES) == OWN
    widgets.keep(DEFAULTS)
    results = [prediction, *decided(cards, given)]
    st.markdown(agreement(results))
    st.caption(LEGEND)
    across = ACROSS if len(results) % 2 or len(results) > 2 * ACROSS - 2 else 2
    for start in range(0, len(results), across):
        for place, result in zip(st.columns(across, gap="medium"), results[start : start + across], strict=False):
            with place:
                one(result, given, stretched)


def others(name: str) -> list[ModelCard]:
    """The models to stand beside the one of this name, of those that are on this machine."""
    here = {other: card for other, card in widgets.here("image").items() if other != name}
    chosen = st.session_state.get(OTHERS)
    fitting = [other for other in chosen or () if other in here]
    if chosen is None or (chosen and not fitting):
        fitting = [next((other for other in PREFERRED if other in here), next(iter(here)))]
    if fitting != chosen:
        st.session_state[OTHERS] = fitting
    st.multiselect(
        "Beside it", list(here), format_func=lambda other: here[other].title, key=OTHERS, max_selections=MOST,
        placeholder="Choose a model", help="Models that are not on this machine yet stand in the sidebar.",
    )  # fmt: skip
    return [here[other] for other in st.session_state[OTHERS]]


def decided(cards: Sequence[ModelCard], given: Given) -> list[PhotoResult]:
    """What these models say of the photo, one after the other; of one that fails, why."""
    found = []
    with told("The models look at the photo, one after the other") as tell:
        for done, card in enumerate(cards):
            try:
                found.append(cache.photo(card.name, given.raw, fit=given.fit))
            except AttnvizError as error:
                say.error(f"{card.title}: {error}")
            tell((done + 1) / len(cards))
    return found


def agreement(results: Sequence[PhotoResult]) -> str:
    """Who decides what, in a sentence."""
    said = {each.card.title: each.decision for each in results if each.decision is not None}
    if len(said) < 2:
        return "Choose another model to see both decisions." if len(results) < 2 else ""
    if len(set(said.values())) == 1:
        return f"All {len(said)} decide the same: **{say.literal(str(results[0].decision))}**."
    each = ", ".join(f"{say.literal(title)} says **{say.literal(label)}**" for title, label in said.items())
    return f"They decide differently: {each}."


def one(prediction: PhotoResult, given: Given, stretched: bool) -> None:
    """A model's decision, and its map as a card."""
    name = prediction.card.name
    st.subheader(say.literal(prediction.card.title), anchor=False)
    widgets.decision(prediction, f"beside-{name}-decision", LABELS)
    main = main_map(prediction, given)
    if main is None:
        command = say.code(f"attnviz map {name} --image ...")
        st.info(f"This model has no map that could be laid over the photo. As numbers: {command}.")
        return
    layers = prediction.tape.layers
    place = layers.index(main.m.layer) if main.m.layer in layers else "All layers"
    bottom, top = looks.scale(main.m, stretched)
    said = f"{main.said} {plot.caption(main.m, name, prediction.seconds, place)}"
    if main.figure is None:
        said += f" Colours run from {bottom:.3f} to {top:.3f}; the lower end is dimmed and grey."
        figure = laid_over(prediction, main, bottom, top)
        widgets.chart(plot.gate_map(main.m, bottom, top), f"beside-{name}-map", "The same as numbers")
    else:
        figure = main.figure
        widgets.chart(figure, f"beside-{name}-figure", said)
    widgets.card_foot(main.m, figure, said, prediction, f"beside-{name}", main.maps)


def laid_over(prediction: PhotoResult, main: Main, bottom: float, top: float) -> go.Figure:
    """Draws the map over the photo, to be clicked where a point may look; the figure of it."""
    name, seen, look = prediction.card.name, prediction.encoded.seen, main.look
    figure = plot.footless(plot.overlay(main.m, seen, STRENGTH, bottom, top))
    if look is None:
        widgets.chart(figure, f"beside-{name}-figure", main.said)
        return figure
    at = look.grid.at(looks.spot())
    framed = look.query == look.grid.position(*at)
    picture = plot.laid_over(main.m, seen, STRENGTH, bottom, top)
    point.photo(picture, look.grid, looks.spot(), framed, f"beside-{name}-point", looks.take)
    return plot.framed(figure, *at) if framed else figure
