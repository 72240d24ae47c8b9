"""What goes into a mechanism. The same input serves every mechanism that takes its kind."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import streamlit as st

from attnviz.encode import EncodedImage
from attnviz.errors import AttnvizError
from attnviz.mechanisms import Inputs, Mechanism, Vectors, matrix, of_sentence, typed
from attnviz.mechanisms.photos import of_photo
from attnviz.plot.photo import Pixels
from attnviz.ui import cache, say, widgets
from attnviz.ui.cache import once
from attnviz.ui.mechanisms import held
from attnviz.ui.photo import given as photos

Made = TypeVar("Made")

SOURCE, SENTENCE, PHOTO = "mechanism-source", "mechanism-sentence", "mechanism-photo"
MATRICES = {"query": "mechanism-query", "key": "mechanism-key", "value": "mechanism-value"}
FROM_SENTENCE, FROM_MATRICES = "Sentence", "Matrices"
EMBEDDINGS, FEATURES = "sentiment-soft", "cifar-cbam"
EXAMPLE = "The cat sleeps, the dog barks, and the children laugh."
# Three queries that ask for features, four keys that have them, and values that tell the keys apart.
TYPED = {
    "query": "2, 0, 0, 0\n0, 2, 0, 0\n0, 1, 1, 2",
    "key": "2, 0, 0, 0\n0, 2, 0, 1\n0, 0, 2, 0\n1, 1, 0, 2",
    "value": "1, 0, 0, 0\n0, 1, 0, 0\n0, 0, 1, 0\n0, 0, 0, 1",
}
DEFAULTS = {SOURCE: FROM_SENTENCE, SENTENCE: EXAMPLE, PHOTO: None, **{MATRICES[name]: text for name, text in TYPED.items()}}
# What is typed for each kind of input, with the label of each box.
BOXES = {
    "query-key-value": {"query": "Queries", "key": "Keys", "value": "Values"},
    "query-key": {"query": "Queries", "key": "Keys, which are the values"},
    "x": {"query": "x: queries, keys and values"},
}


@dataclass(frozen=True)
class Given:
    """What a mechanism runs on, `of` what that is in captions, and the photo behind a feature map."""

    inputs: Inputs
    of: str
    photo: Pixels | None = None


def given(mechanism: Mechanism) -> Given | None:
    """Draws the input; what it holds, or None after saying what is wrong with it."""
    widgets.remember(DEFAULTS)
    made = _vectors(mechanism.input) if mechanism.input in BOXES else OTHERS[mechanism.input]()
    widgets.keep(DEFAULTS)
    return made


def _vectors(kind: str) -> Given | None:
    source = st.segmented_control("What goes in", [FROM_SENTENCE, FROM_MATRICES], key=SOURCE, required=True)
    made = _sentence() if source == FROM_SENTENCE else _matrices(kind)
    if made is None:
        st.button("Take the example again", on_click=_reset, icon=":material/restart_alt:")
        return None
    return Given(made, f"{len(made.query)} {'words' if source == FROM_SENTENCE else 'queries'}")


def _reset() -> None:
    for key in (SENTENCE, *MATRICES.values()):
        st.session_state[key] = DEFAULTS[key]


def _sentence() -> Vectors | None:
    text = st.text_input("Sentence", key=SENTENCE)
    made = _checked(lambda: once((EMBEDDINGS, text, "vectors"), lambda: words(text)))
    if made is not None:
        st.caption(
            f"{len(made.rows)} words, each as {made.query.shape[1]} numbers from the trained embeddings of `{EMBEDDINGS}`: "
            "queries, keys and values are the same."
        )
    return made


def words(text: str) -> Vectors:
    """The words of a text as vectors; InputError where it cannot be taken."""
    net = cache.model(EMBEDDINGS)
    return of_sentence(net.encode(text), net.get_submodule("embedding"))  # type: ignore[arg-type]


def _matrices(kind: str) -> Vectors | None:
    """A box for each matrix; where the input asks itself, or its keys are its values, there are fewer."""
    boxes = BOXES[kind]
    texts = {
        name: column.text_area(label, key=MATRICES[name], height=130)
        for column, (name, label) in zip(st.columns(len(boxes)), boxes.items(), strict=True)
    }
    st.caption("A row a line, its numbers apart by commas or spaces.")
    return _checked(lambda: _itself(texts["query"]) if len(texts) == 1 else typed(**{"value": texts["key"], **texts}))


def _itself(text: str) -> Vectors:
    x = matrix(text, "x")
    return Vectors(x, x, x)


def _photo() -> Given | None:
    known = photos.credits()
    name = st.selectbox("Photo", list(known), format_func=lambda name: known[name]["title"], key=PHOTO)
    made = _checked(lambda: once((FEATURES, name, "features"), lambda: features(photos.sample(str(name)))))
    if made is not None:
        shape = " x ".join(map(str, made.inputs.features.shape))  # type: ignore[union-attr]
        st.caption(f"{shape} features (channel, row, column): what the first stage of `{FEATURES}` computes of the photo.")
    return made


def _points() -> Given:
    points = held.now()
    st.caption(f"{len(points.x)} points; open the mechanism alone to move them.")
    return Given(points, f"{len(points.x)} points")


OTHERS: dict[str, Callable[[], Given | None]] = {"feature-map": _photo, "points": _points}


def features(raw: bytes) -> Given:
    """A photo as a feature map."""
    net = cache.model(FEATURES)
    encoded = net.encode(raw)
    assert isinstance(encoded, EncodedImage)
    made = of_photo(encoded.tensors["image"], net.get_submodule("stem"), net.get_submodule("stages.0.down"))
    return Given(made, "the photo's features", encoded.seen)


def _checked(make: Callable[[], Made]) -> Made | None:
    try:
        return make()
    except AttnvizError as error:
        say.error(error)
        return None
