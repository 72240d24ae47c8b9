"""Soft attention over a sentence: one weight a word, as tint, as ranked bars and as a heatmap of one row."""

import numpy as np
import streamlit as st

from attnviz import plot
from attnviz.encode import EncodedText, Word
from attnviz.explain import along_words, shown_words
from attnviz.maps import AttentionMap
from attnviz.results import TextResult
from attnviz.ui import cache, say, widgets
from attnviz.ui.words import locked_token, toggle, word_at, words

# The axes of the maps on a tape that is shown here.
AXES = (("key",),)
MERGE, HIDE, SCALE = "soft-merge", "soft-hide", "soft-scale"


def view(prediction: TextResult) -> None:
    """The decision, and what it was drawn from."""
    widgets.decision(prediction, "text-decision")
    weights_of(prediction)


@st.fragment
def weights_of(prediction: TextResult) -> None:
    """The sentence, its weights ranked, and as one row; runs again alone, and never the model."""
    encoded = prediction.encoded
    tinted, controls = st.container(), st.container()
    merge, hide, top = options(controls, encoded)
    m = along_words(next(iter(prediction.tape)), encoded.words, merge, hide)
    shown = shown_words(encoded.words, encoded.tokens, merge, hide)
    with tinted:
        locked = sentence_tinted(m, shown, cache.fingerprint(encoded.text))
    left, right = st.columns([1, 1], gap="medium")
    with left:
        ranked(m)
    with right:
        one_row(m, top, prediction, locked)


def options(place: "st.delta_generator.DeltaGenerator", encoded: EncodedText) -> tuple[bool, bool, str]:
    """Behind "More": what is merged, hidden and scaled."""
    special = any(word.special for word in encoded.words)
    with place.popover("More"):
        merge = st.toggle("Merge sub-words into words", True, key=MERGE, help="A word's weight is the sum over its parts.")
        hide = special and st.toggle("Hide special tokens", key=HIDE, help="They mark where the input begins and ends.")
        top = st.radio("Scale of the heatmap", ["0 to largest", "0 to 1"], key=SCALE, horizontal=True)
    return merge, hide, str(top)


def sentence_tinted(m: AttentionMap, shown: list[Word], text: str) -> int | None:
    """The sentence as buttons, tinted by weight; a locked word's weight is told in a sentence."""
    weights, names = m.dense(), m.labels["key"]
    locked = word_at(shown, locked_token(text))
    words(names, weights, [word.special for word in shown], f"soft {text}", locked, lambda i: toggle(text, shown, i))
    if locked is None:
        st.caption("Tint: the weight of each word; the strongest tint is the largest. Click a word to read about its weight.")
    else:
        mine, rank = float(weights[locked]), int((weights > weights[locked]).sum()) + 1
        st.caption(
            f"“{say.literal(names[locked])}” holds {mine:.3f} of the attention, rank {rank} of {len(names)}: "
            f"{mine * len(names):.2f} times an even share, which is {1 / len(names):.3f}. Click it again to unlock."
        )
    return locked


def ranked(m: AttentionMap) -> None:
    """The largest weights as bars."""
    weights, names = m.dense(), m.labels["key"]
    st.subheader("Which words weigh most?", anchor=False)
    widgets.chart(plot.word_weights(names, weights.tolist(), float(weights.max())), "soft-bars", "The largest weights as bars")
    shown = np.sort(weights)[::-1][: plot.RANKED]
    which = f"The {plot.RANKED} largest of {len(names)} weights" if len(names) > plot.RANKED else f"All {len(names)} weights"
    st.caption(f"{which}, the largest first; together they hold {float(shown.sum()):.3f} of the attention.")


def one_row(m: AttentionMap, scale: str, prediction: TextResult, locked: int | None) -> None:
    """The weights in the order of the sentence, as a map card."""
    st.subheader("Where in the sentence?", anchor=False)
    figure = plot.one_row(m, 1.0 if scale == "0 to 1" else max(float(m.dense().max()), 1e-9), locked)
    layer = prediction.tape.layers.index(m.layer)
    sums = "sum to 1" if m.norm == "softmax" else f"sum to {float(m.dense().sum()):.3f}, the rest being hidden"
    what = (
        f"The model reads the whole sentence, and decides from a mix of what it noted at each word. A weight is the word's part "
        f"in that mix: the weights of all {len(m.dense())} words {sums}, and even shares would be {1 / len(m.dense()):.3f}."
    )
    widgets.map_card(
        m, figure, f"{what} {plot.caption(m, prediction.card.name, prediction.seconds, layer)}", prediction, "soft-map"
    )
