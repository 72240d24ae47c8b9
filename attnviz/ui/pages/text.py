"""The Text page: a sentence, the decision, and where every head looked."""

import streamlit as st

from attnviz import plot
from attnviz.encode import EncodedText, Word, clean, read_text_file
from attnviz.errors import InputError
from attnviz.explain import by_word, sharpness
from attnviz.maps import AttentionMap
from attnviz.paths import ASSETS
from attnviz.predict import Prediction
from attnviz.ui import cache, widgets
from attnviz.ui.words import locked_word, words

TEXT, EXAMPLE, UPLOAD, PROBLEM = "text-input", "text-example", "text-upload", "text-problem"
LAYER, HEAD, MERGE, HIDE, SCALE = "text-layer", "text-head", "text-merge", "text-hide", "text-scale"
RANKING = "text-ranking"
# Widgets whose values stay while another page is open, and what they begin with.
# What lies in a popover is drawn late, and would not hear of a value that was set.
DEFAULTS = {TEXT: None, LAYER: None, HEAD: None, "text-model": None}
PLACES = 3


def page() -> None:
    """Widgets from top to bottom, in the order of a visitor's questions."""
    widgets.remember(DEFAULTS)
    widgets.head("Where does it look in a sentence?")
    card = widgets.pick_model("text")
    text = sentence()
    widgets.keep(DEFAULTS)
    if card is None:
        return
    prediction, fresh = widgets.attempt(lambda: cache.prediction(card.name, text), card.name)
    if prediction is None:
        return
    if fresh:
        widgets.notes(prediction.encoded.notes)
    widgets.decision(prediction, "text-decision")
    attention(prediction)


def sentence() -> str:
    """The input row; an upload or an example fills the box, where it can be edited."""
    examples = sample_sentences()
    st.session_state.setdefault(TEXT, examples[0])
    box, side = st.columns([3, 1], vertical_alignment="top")
    box.text_area("Sentence", key=TEXT, height=104)
    side.selectbox("Examples", examples, key=EXAMPLE, index=None, placeholder="Choose an example", on_change=_take_example)
    with side.popover("Upload .txt", width="stretch"):
        st.file_uploader("A text file, at most 400 kB", type=["txt"], key=UPLOAD, on_change=_take_upload)
    if problem := st.session_state.pop(PROBLEM, None):
        st.error(problem)
    return str(st.session_state[TEXT])


def sample_sentences() -> list[str]:
    """The examples, one a line in assets."""
    return (ASSETS / "sentences.txt").read_text(encoding="utf-8").splitlines()


def _take_example() -> None:
    if st.session_state[EXAMPLE]:
        st.session_state[TEXT] = st.session_state[EXAMPLE]


def _take_upload() -> None:
    upload = st.session_state[UPLOAD]
    if upload is None:
        return
    try:
        text = read_text_file(upload.getvalue())
        clean(text)
        st.session_state[TEXT] = text
    except InputError as error:
        st.session_state[PROBLEM] = str(error)


@st.fragment
def attention(prediction: Prediction) -> None:
    """All heads, the chosen head in detail, and the sentence tinted by it; runs again alone, and never the model."""
    assert isinstance(prediction.encoded, EncodedText)
    ranking = ranked_heads(prediction)
    if (st.session_state.get(LAYER), st.session_state.get(HEAD)) not in {place[1:] for place in ranking}:
        st.session_state[LAYER], st.session_state[HEAD] = ranking[0][1:]
    tinted, controls = st.container(), st.container()
    merge, hide, top = options(controls, prediction)
    widgets.keep(DEFAULTS)
    layer, head = st.session_state[LAYER], st.session_state[HEAD]
    m = by_word(prediction.tape[prediction.tape.layers[layer]].at_head(head), prediction.encoded.words, merge, hide)
    key = f"words {cache.fingerprint(prediction.encoded.text)} {merge} {hide}"
    with tinted:
        locked = sentence_tinted(m, prediction.encoded.words, key)
    left, right = st.columns([1, 1], gap="medium")
    with left:
        overview(prediction, ranking, (layer, head))
    with right:
        detail(prediction, m, layer, head, top, locked)


def options(place: "st.delta_generator.DeltaGenerator", prediction: Prediction) -> tuple[bool, bool, str]:
    """Layer, head, and behind "More" what is merged, hidden and scaled."""
    first, second, third = place.columns([1, 1, 1], vertical_alignment="bottom")
    layers, heads = len(prediction.tape), next(iter(prediction.tape)).size("head")
    first.selectbox("Layer", range(layers), key=LAYER)
    second.selectbox("Head", range(heads), key=HEAD)
    with third.popover("More", width="stretch"):
        merge = st.toggle("Merge sub-words into words", True, key=MERGE, help="Summed over keys, averaged over queries.")
        hide = st.toggle("Hide special tokens", key=HIDE, help="[CLS] opens and [SEP] closes every input.")
        top = st.radio("Scale of the heatmap", ["0 to 1", "0 to largest"], key=SCALE, horizontal=True)
    return merge, hide, str(top)


def sentence_tinted(m: AttentionMap, all_words: tuple[Word, ...], key: str) -> int | None:
    """The sentence as buttons: tinted by attention received, or, once a word is locked, by where that word looks."""
    weights, names = m.dense(), m.labels["key"]
    locked = locked_word(key)
    if locked is not None and locked >= len(names):
        locked = None
    special_texts = {word.text for word in all_words if word.special}
    received = weights.mean(0) if locked is None else weights[locked]
    words(names, received, [name in special_texts for name in names], key)
    if locked is None:
        st.caption(
            "Tint: attention each word receives, averaged over all words; the strongest is the largest. Click a word to lock it."
        )
    else:
        st.caption(f"Tint: where “{names[locked]}” looks; the strongest tint is the largest. Click it again to unlock.")
    return locked


def overview(prediction: Prediction, ranking: list[tuple[float, int, int]], chosen: tuple[int, int]) -> None:
    """All layers and heads as pictures; a click chooses one."""
    st.subheader("All heads", anchor=False)
    heads = [[m.pooled(head, 24) for head in range(m.size("head"))] for m in prediction.tape]
    by_place = {(layer, head): value for value, layer, head in ranking}
    hints = [f"layer {layer}, head {head}<br>sharpness {by_place[layer, head]:.2f}" for layer, head in sorted(by_place)]
    st.plotly_chart(
        plot.thumbnails(heads, chosen, hints), key="text-thumbnails", config=widgets.CHART, on_select=_take_head,
        selection_mode="points", alt="One small heatmap for each layer and head",
    )  # fmt: skip
    said = "One picture a head, over tokens: rows look at columns, scaled to the largest weight. Click one to see it in detail."
    if ranking[0][0]:
        best = ", ".join(f"{layer}.{head} ({value:.2f})" for value, layer, head in ranking[:5] if value)
        said += f" Sharpest looks at distant words (layer.head): {best}."
    st.caption(said)


def _take_head() -> None:
    points = st.session_state["text-thumbnails"].selection.points
    if points:
        st.session_state[LAYER], st.session_state[HEAD] = (int(i) for i in points[0]["customdata"])


def detail(prediction: Prediction, m: AttentionMap, layer: int, head: int, scale: str, locked: int | None) -> None:
    """The chosen head as a map card, and for a locked word the two ranked lists."""
    st.subheader(f"Layer {layer}, head {head}: who looks where", anchor=False)
    top = 1.0 if scale == "0 to 1" else float(m.dense().max())
    figure = plot.heatmap(m, top, locked)
    caption = plot.caption(m, prediction.card.name, prediction.seconds, layer, head)
    widgets.chart(figure, "text-map-figure", caption)
    if locked is not None:
        weights, names = m.dense(), m.labels["key"]
        out, back = st.columns(2)
        with out:
            st.markdown(f"**“{names[locked]}” looks at**")
            widgets.chart(plot.word_weights(names, weights[locked].tolist()), "text-looks-at")
        with back:
            st.markdown(f"**“{names[locked]}” is looked at by**")
            widgets.chart(plot.word_weights(names, weights[:, locked].tolist()), "text-looked-at")
    widgets.card_foot(m, figure, caption, prediction, "text-map")


def ranked_heads(prediction: Prediction) -> list[tuple[float, int, int]]:
    """(sharpness, layer, head), the sharpest first; worked out once for a prediction."""
    assert isinstance(prediction.encoded, EncodedText)
    special = [word.special for word in prediction.encoded.words for _ in word.positions]
    known: tuple[Prediction, list[tuple[float, int, int]]] | None = st.session_state.get(RANKING)
    if known is None or known[0] is not prediction:
        found = [
            (round(sharpness(m.head(head), special), PLACES), layer, head)
            for layer, m in enumerate(prediction.tape) for head in range(m.size("head"))
        ]  # fmt: skip
        known = st.session_state[RANKING] = (prediction, sorted(found, reverse=True))
    return known[1]
