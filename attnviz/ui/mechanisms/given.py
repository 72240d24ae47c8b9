"""What goes into a mechanism. The same input serves every mechanism that takes its kind."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from attnviz.encode import EncodedImage
from attnviz.mechanisms import Inputs, Mechanism, Vectors, matrix, of_sentence, typed
from attnviz.mechanisms.inputs import MAX_CHARACTERS
from attnviz.mechanisms.photos import of_photo
from attnviz.state import Choice, OneOf, Text
from attnviz.ui import cache, say
from attnviz.ui.controls import control, held_at
from attnviz.ui.mechanisms import held
from attnviz.ui.photo import given as photos
from attnviz.ui.state import State

FROM_SENTENCE, FROM_MATRICES = "sentence", "matrices"
LABELS = {FROM_SENTENCE: "Sentence", FROM_MATRICES: "Matrices"}
EMBEDDINGS, FEATURES = "sentiment-soft", "cifar-cbam"
EXAMPLE = "The cat sleeps, the dog barks, and the children laugh."
# Three queries that ask for features, four keys that have them, and values that tell the keys apart.
TYPED = {
    "query": "2, 0, 0, 0\n0, 2, 0, 0\n0, 1, 1, 2",
    "key": "2, 0, 0, 0\n0, 2, 0, 1\n0, 0, 2, 0\n1, 1, 0, 2",
    "value": "1, 0, 0, 0\n0, 1, 0, 0\n0, 0, 1, 0\n0, 0, 0, 1",
}
SOURCE = Choice("source", "What goes in", OneOf((*LABELS,), LABELS.__getitem__), FROM_SENTENCE)
SENTENCE = Choice("sentence", "Sentence", Text(MAX_CHARACTERS), EXAMPLE)
PRIVATE = (SENTENCE.name,)
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
    photo: Any = None


@dataclass(frozen=True)
class Asked:
    """An input as it was asked for: `make` gives it or raises InputError, `key` stands for it in the store."""

    key: tuple[str, ...]
    make: Callable[[], Given]


def given(state: State, mechanism: Mechanism) -> Asked:
    """Draws the input."""
    return _vectors(state, mechanism.input) if mechanism.input in BOXES else OTHERS[mechanism.input](state)


def reset(state: State) -> None:
    """A way out of an input that cannot be taken."""
    names = (SENTENCE.name, *TYPED)
    st.button("Take the example again", key="mechanisms-reset", on_click=state.forget, args=(names,), icon=":material/restart_alt:")


def _vectors(state: State, kind: str) -> Asked:
    source = state.take((SOURCE,))[SOURCE.name]
    control(state, SOURCE, source)
    return _sentence(state) if source == FROM_SENTENCE else _matrices(state, kind)


def _sentence(state: State) -> Asked:
    text = state.take((SENTENCE,))[SENTENCE.name]
    control(state, SENTENCE, text)
    st.caption(f"Each word as numbers from the trained embeddings of `{EMBEDDINGS}`: queries, keys and values are the same.")
    return Asked(
        ("sentence", text),
        lambda: _named(cache.once((EMBEDDINGS, cache.fingerprint(text), "vectors"), lambda: words(text)), "words"),
    )


def words(text: str) -> Vectors:
    """The words of a text as vectors; InputError where it cannot be taken."""
    net = cache.model(EMBEDDINGS)
    return of_sentence(net.encode(text), net.get_submodule("embedding"))  # type: ignore[arg-type]


def _named(vectors: Vectors, what: str) -> Given:
    return Given(vectors, f"{len(vectors.query)} {what}")


def _matrices(state: State, kind: str) -> Asked:
    """A box for each matrix; where the input asks itself, or its keys are its values, there are fewer."""
    boxes = BOXES[kind]
    for place, (name, label) in zip(st.columns(len(boxes)), boxes.items(), strict=True):
        with place:
            _box(state, Choice(name, label, Text(MAX_CHARACTERS), TYPED[name]))
    st.caption("A row a line, its numbers apart by commas or spaces.")
    texts = {name: state.texts.get(name, TYPED[name]) for name in boxes}
    return Asked((kind, *texts.values()), lambda: _named(_read(texts), "queries"))


def _box(state: State, choice: Choice) -> None:
    key = state.key(choice)
    held_at(key, state.take((choice,))[choice.name])
    st.text_area(choice.label, key=key, height=130, on_change=lambda: state.put(choice, st.session_state[key]))


def _read(texts: dict[str, str]) -> Vectors:
    if len(texts) > 1:
        return typed(**{"value": texts["key"], **texts})
    x = matrix(texts["query"], "x")
    return Vectors(x, x, x)


def _photo(state: State) -> Asked:
    known = photos.credits()
    choice = Choice("photo", "Photo", OneOf((*known,), lambda name: known[name]["title"], listed=True), next(iter(known)))
    name = str(state.take((choice,))[choice.name])
    control(state, choice, name)
    st.caption(f"Features (channel, row, column): what the first stage of `{FEATURES}` computes of the photo.")
    return Asked(("photo", name), lambda: cache.once((FEATURES, name, "features"), lambda: features(photos.sample(name))))


def features(raw: bytes) -> Given:
    """A photo as a feature map."""
    net = cache.model(FEATURES)
    encoded = net.encode(raw)
    if not isinstance(encoded, EncodedImage):
        raise TypeError(f"{FEATURES} takes no photos")
    made = of_photo(encoded.tensors["image"], net.get_submodule("stem"), net.get_submodule("stages.0.down"))
    return Given(made, "the photo's features", encoded.seen)


def _points(state: State) -> Asked:
    points = held.held(state)
    held.typed(state)
    say.caption(f"{len(points.at)} points.")
    return Asked(("points", str(points)), lambda: Given(points.measured, f"{len(points.at)} points"))


OTHERS: dict[str, Callable[[State], Asked]] = {"feature-map": _photo, "points": _points}
