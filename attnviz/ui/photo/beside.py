"""Side by side: what several models decide on one photo, and for each the one map that says most, all at one size."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import plotly.graph_objects as go
import streamlit as st

from attnviz import plot
from attnviz.cards import ModelCard
from attnviz.errors import AttnvizError
from attnviz.maps import AttentionMap
from attnviz.predict import Prediction
from attnviz.ui import cache, widgets
from attnviz.ui.photo import channel, looks, point, spatial
from attnviz.ui.photo.view import Given, encoded
from attnviz.ui.reading import told

OTHERS = "beside-others"
# Who stands beside a model at first: the first of these that is another.
PREFERRED = ("cifar-vit", "cifar-cbam")
MOST, ACROSS, LABELS = 5, 3, 3
STRENGTH = 0.85
LEGEND = (
    "Blue: weights, which are shares of one whole. Amber: gates, each by itself between 0, shut, and 1, open, and no share of "
    "anything. Teal: what was picked. A model's pictures are on a scale of its own, which its legend says."
)


class Main(NamedTuple):
    """A model's map for this view, and what it shows: over the photo, on a scale from 0 to `top`, or as a `figure` of its own.

    With a `look` the photo is clicked to let another point look.
    """

    m: AttentionMap
    said: str
    top: float = 1.0
    look: looks.Look | None = None
    figure: go.Figure | None = None


def available(prediction: Prediction) -> bool:
    """Whether there is a model to stand beside this one."""
    return any(name != prediction.card.name for name in widgets.here("image"))


@st.fragment
def draw(prediction: Prediction, given: Given) -> None:
    """This model and others on the same photo; each runs once."""
    results = [prediction, *decided(others(prediction.card.name), given)]
    st.markdown(agreement(results))
    st.caption(LEGEND)
    for start in range(0, len(results), ACROSS):
        part = results[start : start + ACROSS]
        for place, result in zip(st.columns(max(len(part), 2), gap="medium"), part, strict=False):
            with place:
                one(result, given)


def others(name: str) -> list[ModelCard]:
    """The models to stand beside the one of this name, of those that are on this machine."""
    widgets.remember({OTHERS: None})
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
    widgets.keep((OTHERS,))
    return [here[other] for other in st.session_state[OTHERS]]


def decided(cards: Sequence[ModelCard], given: Given) -> list[Prediction]:
    """What these models say of the photo, one after the other; of one that fails, why."""
    found = []
    with told("The models look at the photo, one after the other") as tell:
        for done, card in enumerate(cards):
            try:
                found.append(cache.prediction(card.name, given.raw, fit=given.fit))
            except AttnvizError as error:
                st.error(f"{card.title}: {error}")
            tell((done + 1) / len(cards))
    return found


def agreement(results: Sequence[Prediction]) -> str:
    """Who decides what, in a sentence."""
    said = {each.card.title: each.decision for each in results if each.decision is not None}
    if len(said) < 2:
        return "Choose another model to see both decisions." if len(results) < 2 else ""
    if len(set(said.values())) == 1:
        return f"All {len(said)} decide the same: **{widgets.literal(str(results[0].decision))}**."
    each = ", ".join(f"{widgets.literal(title)} says **{widgets.literal(label)}**" for title, label in said.items())
    return f"They decide differently: {each}."


def one(prediction: Prediction, given: Given) -> None:
    """A model's decision, and its map as a card."""
    name = prediction.card.name
    st.subheader(prediction.card.title, anchor=False)
    widgets.decision(prediction, f"beside-{name}-decision", LABELS)
    main = next((make(prediction, given) for fits, make in MAINS if fits(prediction)), None)
    if main is None:
        st.info(f"This model has no map that could be laid over the photo. As numbers: `attnviz map {name} --image ...`.")
        return
    seen, key = encoded(prediction).seen, f"beside-{name}"
    layer = prediction.tape.layers.index(main.m.layer) if main.m.layer in prediction.tape.layers else "All layers"
    said = f"{main.said} {plot.caption(main.m, name, prediction.seconds, layer)}"
    figure = main.figure or plot.overlay(main.m, seen, STRENGTH, 0.0, main.top)
    if main.look is not None:
        at = main.look.grid.at(looks.spot())
        framed = main.look.query == main.look.grid.position(*at)
        laid = plot.laid_over(main.m, seen, STRENGTH, 0.0, main.top)
        point.photo(laid, main.look.grid, looks.spot(), framed, f"{key}-point", looks.take)
        figure = plot.framed(figure, *at) if framed else figure
    else:
        widgets.chart(figure, f"{key}-figure", said)
    if main.figure is None:
        widgets.chart(plot.gate_map(main.m, 0.0, main.top), f"{key}-map", "The same as numbers")
    widgets.card_foot(main.m, figure, said, prediction, key)


def _picked(prediction: Prediction) -> list[AttentionMap]:
    return [m for m in prediction.tape if m.kind == "hard" and m.norm == "binary" and m.axes == ("row", "column")]


def of_picks(prediction: Prediction, given: Given) -> Main:  # noqa: ARG001  (all are handed both)
    """What the classifier saw."""
    return Main(_picked(prediction)[0], "What is bright was picked, and is all that the classifier saw.")


def of_look(prediction: Prediction, given: Given) -> Main:
    """CLS through all layers; without it the last layer, from the clicked point or from all positions on average."""
    rolled = looks.can_roll_out(prediction)
    last = list(looks.layers(prediction).values())[-1]
    m = looks.followed(prediction, given) if rolled else last.mean_of_heads() if last.size("head") > 1 else last.at_head(0)
    grid = prediction.grid(m)
    assert grid is not None
    look = looks.look_of(
        m, "", grid, grid.prefix[0] if grid.prefix else looks.HERE if looks.POINT in st.session_state else looks.ALL
    )
    said = f"Where {look.who} look{'' if look.query is None else 's'}, {'through all layers' if rolled else 'in the last layer'}."
    said += "" if grid.prefix else " Click a point of the photo to see where it looks."
    over = look.map
    return Main(over, said, max(float(over.dense().max()), 1e-9), None if grid.prefix else look)


def of_places(prediction: Prediction, given: Given) -> Main:  # noqa: ARG001  (all are handed both)
    """The spatial gates of the last block."""
    return Main(
        spatial.gates(prediction)[-1], "What is bright passes the spatial gates of the last block; what is dark is held back."
    )


def of_channels(prediction: Prediction, given: Given) -> Main:  # noqa: ARG001  (all are handed both)
    """The channel gates of the last block, which have no place."""
    m = channel.gates(prediction)[-1]
    said = (
        "Channel attention has no place on the photo: it opens and shuts whole features, everywhere at once. Here the last block."
    )
    return Main(m, said, figure=plot.channel_gates(m))


# The first that a result has stands for it.
MAINS: tuple[tuple[Callable[[Prediction], object], Callable[[Prediction, Given], Main]], ...] = (
    (_picked, of_picks),
    (looks.available, of_look),
    (spatial.available, of_places),
    (channel.available, of_channels),
)
