"""The self-attention view: a point of the photo, CLS, or all on average, and where it looks, layer by layer and head by head."""

import streamlit as st

from attnviz import plot
from attnviz.encode import Patches
from attnviz.maps import AttentionMap
from attnviz.results import PhotoResult
from attnviz.ui import widgets
from attnviz.ui.photo import point
from attnviz.ui.photo.looks import (
    ALL,
    HERE,
    OWN,
    SCALES,
    WHO,
    WHO_PLAIN,
    WHOLE,
    Look,
    can_roll_out,
    followed,
    layers,
    look_of,
    scale,
    spot,
    take,
)
from attnviz.ui.photo.view import Given
from attnviz.weights import Floats

LAYER, HEAD, OPACITY = "patch-layer", "patch-head", "patch-opacity"
DEFAULTS = {LAYER: None, HEAD: None, WHO: None, WHO_PLAIN: None}
MEAN, ROLLOUT = "mean of heads", "all, by rollout"
STRENGTH = 0.85


@st.fragment
def draw(prediction: PhotoResult, given: Given) -> None:
    """One layer, head and who looks; runs again alone, and never the model."""
    widgets.remember(DEFAULTS)
    first, second, third, fourth = st.columns([2, 2, 3, 1], vertical_alignment="bottom")
    with first:
        layer = layer_chosen(prediction)
    with second:
        m, title = rolled_out(prediction, given) if isinstance(layer, str) else head_chosen(layers(prediction)[layer], layer)
    with third:
        look = who_chosen(prediction, m, title)
    with fourth.popover("More", width="stretch"):
        opacity = st.slider("Strength of the overlay", 0.0, 1.0, STRENGTH, 0.05, key=OPACITY)
        stretched = st.radio("Scale", [WHOLE, OWN], key="patch-scale", help=SCALES) == OWN
        by_number(look.grid)
    widgets.keep(DEFAULTS)
    laid_out(prediction, look, title if isinstance(layer, str) else layer, opacity, stretched)
    lists(look)


def layer_chosen(prediction: PhotoResult) -> int | str:
    """The number of a layer, the last one at first, or ROLLOUT."""
    found = layers(prediction)
    grids = {i: prediction.grid(m) for i, m in found.items()}
    alike = len(set(grids.values())) == 1
    known: list[int | str] = [*found, ROLLOUT] if can_roll_out(prediction) else [*found]
    if st.session_state.get(LAYER) not in known:
        st.session_state[LAYER] = max(found)

    def named(layer: int | str) -> str:
        grid = None if alike or isinstance(layer, str) else grids[layer]
        return str(layer) if grid is None else f"{layer} ({grid.rows} x {grid.columns})"

    layer: int | str = st.selectbox("Layer", known, format_func=named, key=LAYER)
    return layer


def head_chosen(whole: AttentionMap, layer: int) -> tuple[AttentionMap, str]:
    """The map of one head or their mean, and its title."""
    heads = whole.size("head")
    if heads == 1:
        st.selectbox("Head", [0], key="patch-head-only", disabled=True, help="This layer has one head.")
        return whole.at_head(0), f"Layer {layer}"
    known = [*range(heads), MEAN]
    if st.session_state.get(HEAD) not in known:
        st.session_state[HEAD] = 0
    head = st.selectbox("Head", known, key=HEAD)
    if head == MEAN:
        return whole.mean_of_heads(), f"Layer {layer}, {MEAN}"
    return whole.at_head(int(head)), f"Layer {layer}, head {head}"


def rolled_out(prediction: PhotoResult, given: Given) -> tuple[AttentionMap, str]:
    """Rollout, worked out once for a prediction, and its title."""
    st.selectbox("Head", [MEAN], key="patch-head-rollout", disabled=True, help="Rollout follows the mean of the heads.")
    return followed(prediction, given), "All layers, by rollout"


def who_chosen(prediction: PhotoResult, m: AttentionMap, title: str) -> Look:
    """Who looks: the clicked point, one of the tokens before the patches, or all on average."""
    grid = prediction.grid(m)
    assert grid is not None
    known, key = [*grid.prefix, HERE, ALL], WHO if grid.prefix else WHO_PLAIN
    if st.session_state.get(key) not in known:
        st.session_state[key] = known[0]
    chosen = str(
        st.selectbox(
            "Who looks", known, key=key,
            help="A click on the photo sets the point." + " CLS is the token from which the model decides." * ("CLS" in known),
        )
    )  # fmt: skip
    return look_of(m, title, grid, chosen)


def by_number(grid: Patches) -> None:
    """The point by row and column; new boxes for every point, so that they begin with where it is."""
    place = grid.at(spot())
    key = f"patch-place-{grid.rows}-{grid.columns}-{place[0]}-{place[1]}"

    def moved() -> None:
        take(grid.middle(*(int(st.session_state[f"{key}-{axis}"]) for axis in ("row", "column"))))

    for axis, count, value in zip(("row", "column"), (grid.rows, grid.columns), place, strict=True):
        st.number_input(f"The point's {axis}", 0, count - 1, value, key=f"{key}-{axis}", on_change=moved)


def laid_out(prediction: PhotoResult, look: Look, layer: int | str, opacity: float, stretched: bool) -> None:
    """Photo, map and overlay in a row, the point framed where it looks, and the foot of the map card."""
    seen, m, place = prediction.encoded.seen, look.map, look.grid.at(spot())
    ends = scale(m, stretched)
    framed = look.query == look.grid.position(*place)
    st.subheader(f"{look.title}: where {look.who} looks", anchor=False)
    photo, numbers, together = st.columns(3)
    with photo:
        point.photo(plot.small(seen), look.grid, spot(), framed, "patch-photo", take)
    with numbers:
        widgets.chart(plot.gate_map(m, *ends), "patch-map", f"Where {look.who} looks, patch by patch")
    with together:
        point.photo(plot.laid_over(m, seen, opacity, *ends), look.grid, spot(), framed, "patch-overlay", take)
    said = "" if framed else "Click the photo to see where that patch looks. "
    said += plot.caption(m, prediction.card.name, prediction.seconds, layer)
    said += f" Colours run from {ends[0]:.3f} to {ends[1]:.3f}, the largest weight; what gets little is dimmed and grey."
    figure = plot.overlay(m, seen, opacity, *ends)
    widgets.card_foot(m, plot.framed(figure, *place) if framed else figure, said, prediction, "patch")


def lists(look: Look) -> None:
    """The largest weights as bars: what is looked at, and for one position what looks at it."""
    weights = look.m.dense()
    row = weights.mean(0) if look.query is None else weights[look.query]
    who = look.who[0].upper() + look.who[1:]
    out, back = st.columns(2, gap="medium")
    with out:
        ranked(f"{who} look{'' if look.query is None else 's'} at", look.grid, row, "patch-looks-at")
    if look.query is None:
        return
    with back:
        ranked(f"{who} is looked at by", look.grid, weights[:, look.query], "patch-looked-at")


def ranked(title: str, grid: Patches, weights: Floats, key: str) -> None:
    """The largest of some weights, one for each position of a grid."""
    st.markdown(f"**{title}**")
    widgets.chart(plot.word_weights(grid.names, weights.tolist(), max(float(weights.max()), 1e-9)), key, title)
