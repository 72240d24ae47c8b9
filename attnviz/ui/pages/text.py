"""The Text page: a sentence, the decision, and where every head looked; a long text is shown by `long_text`."""

from collections.abc import Callable

import streamlit as st

from attnviz import plot
from attnviz.cards import ModelCard
from attnviz.draw import choose, figure_of
from attnviz.encode import Word
from attnviz.encode.text import character_limit
from attnviz.explain import by_word, shown_words
from attnviz.maps import AttentionMap
from attnviz.results import TextResult
from attnviz.ui import cache, compare, hard, heads, long_text, say, soft, translation, widgets
from attnviz.ui.heads import HEAD, LAYER
from attnviz.ui.sentence import sentence, text_key
from attnviz.ui.words import locked_token, toggle, word_at, words

HEADS = ("head", "query", "key")
MERGE, HIDE, SCALE, TASK = "text-merge", "text-hide", "text-scale", "text-task"
# What a visitor can have done, and the tasks of the models that do it.
TASKS = {
    "sentiment": ("Sentiment", ("sentiment", "text-classification")),
    "translation": ("Translation", ("translation",)),
    "words": ("Words", ("masked-word", "next-word", "text-encoder")),
}
TITLES = {
    "sentiment": "Where does it look in a sentence?",
    "translation": "Where does it look while it translates?",
    "words": "Where does a language model look?",
}


def model_key(task: str) -> str:
    """The key of a task's choice of model."""
    return "text-model" if task == "sentiment" else f"text-model-{task}"


# Widgets whose values stay while another page is open, and what they begin with.
# What lies in a popover is drawn late, and would not hear of a value that was set.
DEFAULTS = {TASK: "sentiment", LAYER: None, HEAD: None}
DEFAULTS |= {key(task): None for task in TASKS for key in (text_key, model_key)}


def page() -> None:
    """Widgets from top to bottom, in the order of a visitor's questions."""
    widgets.remember(DEFAULTS)
    task = str(st.session_state.get(TASK) or "sentiment")
    widgets.head(TITLES[task])
    names = {task: name for task, (name, _) in TASKS.items()}
    st.segmented_control("Task", list(TASKS), format_func=names.__getitem__, key=TASK, label_visibility="collapsed", required=True)
    card = widgets.pick_model("text", TASKS[task][1], model_key(task), first="sentiment-minilm")
    text = sentence(character_limit(card.text.get("max_tokens", 0) if card else 0), task)
    widgets.keep(DEFAULTS)
    if card is None:
        return
    VIEWS.get(task, decide)(card, text, compare.pick_other(card, TASKS[task][1], f"compare-{task}"))


def decide(card: ModelCard, text: str, other: ModelCard | None = None) -> None:
    """The decision, where each layer looked for it, and what another model says."""
    with st.spinner(f"{say.literal(card.title)} reads the text"):
        prediction, fresh = widgets.attempt(lambda: cache.text(card.name, text), card.name)
    if prediction is None:
        return
    if fresh:
        widgets.notes(prediction.encoded.notes)
    shown_as(prediction)(prediction)
    if other is not None:
        compare.sentences(prediction, other)


def shown_as(prediction: TextResult) -> Callable[[TextResult], None]:
    """How a decision is shown: by the axes of what is on its tape."""
    axes = tuple(m.axes for m in prediction.tape)
    views = {soft.AXES: soft.view, hard.AXES: hard.view, (HEADS,) * len(axes): all_heads}
    return views.get(axes, sentence_map)


def all_heads(prediction: TextResult) -> None:
    """The decision, and every head."""
    widgets.decision(prediction, "text-decision")
    attention(prediction)


def sentence_map(prediction: TextResult) -> None:
    """The decision, and the sentence with one number a word, for what has no view of its own."""
    widgets.decision(prediction, "text-decision")
    maps = choose(prediction)
    figure, caption = figure_of(prediction, maps)
    widgets.map_card(maps[0], figure, caption, prediction, "text-sentence")


VIEWS: dict[str, Callable[[ModelCard, str, ModelCard | None], None]] = {"translation": translation.view}


@st.fragment
def attention(prediction: TextResult) -> None:
    """All heads and the chosen one in detail; runs again alone, and never the model."""
    found = heads.all_heads(prediction)
    heads.settle(found)
    if heads.is_long(prediction.encoded):
        long_text.attention(prediction, found)
    else:
        short(prediction, found)
    widgets.keep(DEFAULTS)


def short(prediction: TextResult, found: heads.Heads) -> None:
    """The whole sentence tinted by the chosen head, all heads, and that head with all its words."""
    encoded = prediction.encoded
    tinted, controls = st.container(), st.container()
    merge, hide, top = options(controls, prediction)
    layer, head = st.session_state[LAYER], st.session_state[HEAD]
    m = by_word(prediction.tape[prediction.tape.layers[layer]].at_head(head), encoded.words, merge, hide)
    shown = shown_words(encoded.words, encoded.tokens, merge, hide)
    with tinted:
        locked = sentence_tinted(m, shown, cache.fingerprint(encoded.text))
    left, right = st.columns([1, 1], gap="medium")
    with left:
        heads.thumbnails(found)
    with right:
        detail(prediction, m, layer, head, top, locked)


def options(place: "st.delta_generator.DeltaGenerator", prediction: TextResult) -> tuple[bool, bool, str]:
    """Layer, head, and behind "More" what is merged, hidden and scaled."""
    first, second, third = place.columns([1, 1, 1], vertical_alignment="bottom")
    heads.selectors(prediction, first, second)
    with third.popover("More", width="stretch"):
        merge = st.toggle("Merge sub-words into words", True, key=MERGE, help="Summed over keys, averaged over queries.")
        hide = st.toggle("Hide special tokens", key=HIDE, help="[CLS] opens and [SEP] closes every input.")
        top = st.radio("Scale of the heatmap", ["0 to 1", "0 to largest"], key=SCALE, horizontal=True)
    return merge, hide, str(top)


def sentence_tinted(m: AttentionMap, shown: list[Word], text: str) -> int | None:
    """The sentence as buttons: tinted by attention received, or, once a word is locked, by where that word looks."""
    weights, names = m.dense(), m.labels["key"]
    locked = word_at(shown, locked_token(text))
    received = weights.mean(0) if locked is None else weights[locked]
    words(names, received, [word.special for word in shown], f"words {text}", locked, lambda i: toggle(text, shown, i))
    if locked is None:
        st.caption(
            "Tint: attention each word receives, averaged over all words; the strongest is the largest. Click a word to lock it."
        )
    else:
        say.caption(f"Tint: where “{names[locked]}” looks; the strongest tint is the largest. Click it again to unlock.")
    return locked


def detail(prediction: TextResult, m: AttentionMap, layer: int, head: int, scale: str, locked: int | None) -> None:
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
            st.markdown(f"**“{say.literal(names[locked])}” looks at**")
            widgets.chart(plot.word_weights(names, weights[locked].tolist()), "text-looks-at")
        with back:
            st.markdown(f"**“{say.literal(names[locked])}” is looked at by**")
            widgets.chart(plot.word_weights(names, weights[:, locked].tolist()), "text-looked-at")
    widgets.card_foot(m, figure, caption, prediction, "text-map")
