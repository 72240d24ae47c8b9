"""All heads of a prediction about a text: ranked, as pictures, one of them chosen."""

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from attnviz import plot
from attnviz.encode import EncodedText
from attnviz.explain import Glance, glance, sampled, sharpness
from attnviz.explain.streamed import Tell
from attnviz.maps import AttentionMap
from attnviz.results import TextResult
from attnviz.ui import cache, widgets
from attnviz.ui.cache import once
from attnviz.ui.reading import told

LAYER, HEAD = "text-layer", "text-head"
SIDE = 24
PLACES = 3
# Up to so many tokens all rows of all heads are read; beyond, a sample of them.
LONG = plot.MAX_LABELS


@dataclass(frozen=True)
class Heads:
    """(layer, head) -> its glance; `rows` of `of` rows were read."""

    glances: dict[tuple[int, int], Glance]
    rows: int
    of: int

    @property
    def ranked(self) -> list[tuple[float, int, int]]:
        """(sharpness, layer, head), the sharpest first."""
        return sorted(((round(each.sharpness, PLACES), *place) for place, each in self.glances.items()), reverse=True)


def is_long(encoded: EncodedText) -> bool:
    """Whether a text has more tokens than a figure can name."""
    return len(encoded.tokens) > LONG


def all_heads(prediction: TextResult) -> Heads:
    """Read once for a prediction; of a long text from a sample of its rows."""
    with told("A first look at every head") as tell:  # always here: what follows keeps its place on the page
        return once((name_of(prediction), "heads"), lambda: _read(prediction, tell))


def name_of(prediction: TextResult) -> str:
    """What a visitor's results about this prediction are kept under."""
    return f"{prediction.card.name} {cache.fingerprint(prediction.encoded.text)}"


def _read(prediction: TextResult, tell: Tell) -> Heads:
    encoded = prediction.encoded
    special = [word.special for word in encoded.words for _ in word.positions]
    rows = sampled(special) if is_long(encoded) else None
    found: dict[tuple[int, int], Glance] = {}
    for layer, m in enumerate(prediction.tape):
        for head in range(m.size("head")):
            found[layer, head] = _whole(m, head, special) if rows is None else glance(m, head, special, rows)
            tell((layer + (head + 1) / m.size("head")) / len(prediction.tape))
    return Heads(found, len(special) if rows is None else len(rows), len(special))


def _whole(m: AttentionMap, head: int, special: list[bool]) -> Glance:
    return Glance(m.pooled(head, SIDE), sharpness(m.head(head), special))


def settle(heads: Heads) -> None:
    """Chooses the sharpest head where none is chosen that is there."""
    if (st.session_state.get(LAYER), st.session_state.get(HEAD)) not in heads.glances:
        st.session_state[LAYER], st.session_state[HEAD] = heads.ranked[0][1:]


def selectors(prediction: TextResult, layer: DeltaGenerator, head: DeltaGenerator) -> None:
    """Two boxes, in the places given."""
    layer.selectbox("Layer", range(len(prediction.tape)), key=LAYER)
    head.selectbox("Head", range(next(iter(prediction.tape)).size("head")), key=HEAD)


def thumbnails(heads: Heads) -> None:
    """All layers and heads as pictures; a click chooses one."""
    st.subheader("All heads", anchor=False)
    layers, across = (max(place[axis] for place in heads.glances) + 1 for axis in (0, 1))
    pictures = [[heads.glances[layer, head].picture for head in range(across)] for layer in range(layers)]
    hints = [
        f"layer {place[0]}, head {place[1]}<br>sharpness {each.sharpness:.2f}" for place, each in sorted(heads.glances.items())
    ]
    chosen = (st.session_state[LAYER], st.session_state[HEAD])
    st.plotly_chart(
        plot.thumbnails(pictures, chosen, hints), key="text-thumbnails", config=widgets.CHART, on_select=_take_head,
        selection_mode="points", alt="One small heatmap for each layer and head",
    )  # fmt: skip
    st.caption(_said(heads))


def _said(heads: Heads) -> str:
    said = "One picture a head, over tokens: rows look at columns, scaled to the largest weight. Click one to see it in detail."
    if heads.rows < heads.of:
        said += f" Pictures and sharpness are from {heads.rows:,} of {heads.of:,} rows, evenly spaced."
    if heads.ranked[0][0]:
        best = ", ".join(f"layer {layer} head {head} ({value:.2f})" for value, layer, head in heads.ranked[:5] if value)
        said += f" Sharpest looks at distant words: {best}."
    return said


def _take_head() -> None:
    points = st.session_state["text-thumbnails"].selection.points
    if points:
        st.session_state[LAYER], st.session_state[HEAD] = (int(i) for i in points[0]["customdata"])
