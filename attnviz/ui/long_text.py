"""A long text on the Text page: what is looked at most, a head's overview, and of the part that is chosen the exact window."""

import bisect
from dataclasses import dataclass

import numpy as np
import streamlit as st

from attnviz import plot
from attnviz.encode import EncodedText, Word
from attnviz.explain import Overview, find, looked_at_by, overview, totals
from attnviz.maps import AttentionMap
from attnviz.results import TextResult
from attnviz.ui import brush, cache, heads, say, widgets
from attnviz.ui.cache import once
from attnviz.ui.reading import told
from attnviz.ui.words import lock, locked_token, toggle, words
from attnviz.weights import Floats

FIND, HIT, HIDE = "text-find", "text-hit", "text-hide-long"
EXACT = 64  # positions a side that are shown one by one
ZOOMED = 128
HITS = 200
LISTED = 12
SIDE = 4  # words of context on either side


@dataclass(frozen=True)
class View:
    """One head of one long text, and what of it was chosen."""

    prediction: TextResult
    encoded: EncodedText
    layer: int
    head: int
    hide: bool

    @property
    def m(self) -> AttentionMap:
        """The layer's map; nothing of it is formed yet."""
        return self.prediction.tape[self.prediction.tape.layers[self.layer]]

    @property
    def text(self) -> str:
        """A short name for the text."""
        return cache.fingerprint(self.encoded.text)

    @property
    def length(self) -> int:
        """In tokens."""
        return len(self.encoded.tokens)

    @property
    def key(self) -> tuple[object, ...]:
        """What results about this head are kept under."""
        return (heads.name_of(self.prediction), self.layer, self.head)

    @property
    def locked(self) -> int | None:
        """Which word is locked."""
        token = locked_token(self.text)
        return None if token is None else self.word(token)

    def word(self, token: int) -> int:
        """Which word holds a token."""
        return bisect.bisect_right(self.encoded.words, token, key=lambda word: word.positions[0]) - 1


def attention(prediction: TextResult, found: heads.Heads) -> None:
    """From top to bottom; what takes longest is worked out last."""
    view = controls(prediction)
    lists, map_ = st.columns([2, 3], gap="medium")
    tinted = st.container()
    left, right = st.columns([1, 1], gap="medium")
    with left:
        heads.thumbnails(found)
    with right:
        detail(view)
    with map_:
        read = whole(view)
    with tinted:
        neighbourhood(view, read)
    with lists:
        ranked(view, read)


def controls(prediction: TextResult) -> View:
    """Layer, head, search, and behind "More" what is hidden."""
    encoded = prediction.encoded
    first, second, third, fourth = st.columns([1, 1, 2, 1], vertical_alignment="bottom")
    heads.selectors(prediction, first, second)
    query = third.text_input("Find a word", key=FIND, placeholder="a word or a few in a row")
    with fourth.popover("More", width="stretch"):
        hide = st.toggle("Leave special tokens out of the lists", key=HIDE, help="[CLS] opens and [SEP] closes every input.")
    view = View(prediction, encoded, st.session_state[heads.LAYER], st.session_state[heads.HEAD], hide)
    with st.container():
        if query.strip():
            search(view, query)
    return view


def search(view: View, query: str) -> None:
    """Where a word stands, each place with its neighbours; choosing one goes there and locks it."""
    hits = once((heads.name_of(view.prediction), "find", query), lambda: find(view.encoded.words, query))
    if not hits:
        say.info(f"“{query[:40]}” is not in the text that was read.")
        return
    key = f"{HIT}-{cache.fingerprint(query + view.text)}"
    more = f", the first {HITS} are listed" if len(hits) > HITS else ""
    st.selectbox(
        f"{len(hits):,} {'place' if len(hits) == 1 else 'places'}{more}", hits[:HITS], index=None, key=key,
        placeholder="Choose a place to go there", format_func=lambda i: context(view.encoded.words, i),
        on_change=_go, args=(key, view),
    )  # fmt: skip


def context(all_words: tuple[Word, ...], i: int) -> str:
    """A word's token, and the word between its neighbours."""
    before, after = all_words[max(0, i - SIDE) : i], all_words[i + 1 : i + 1 + SIDE]
    parts = [*(word.text for word in before), f"[{all_words[i].text}]", *(word.text for word in after)]
    return f"{all_words[i].positions[0]:,}: … {' '.join(part[:24] for part in parts)} …"


def _go(key: str, view: View) -> None:
    if (i := st.session_state[key]) is not None:
        token = view.encoded.words[i].positions[0]
        lock(view.text, token)
        brush.around(view.text, view.length, token)


def whole(view: View) -> Overview:
    """The head's overview, on which the window is chosen."""
    st.subheader(f"Layer {view.layer}, head {view.head}: all {view.length:,} tokens", anchor=False)
    with told(f"Reading all {view.length:,} rows of layer {view.layer}, head {view.head}") as tell:
        read = once((*view.key, "all"), lambda: overview(view.m, view.head, tell=tell))
    figure = plot.overview(read.pooled, read.rows, read.columns, view.m.norm, brush.window(view.text, view.length))
    brush.chart(figure, "text-overview", view.text, view.length, "Overview of one head over the whole text")
    st.caption(
        f"{view.length:,} tokens a side in {len(read.pooled)} x {read.pooled.shape[1]} cells; each cell is the largest weight in "
        "it, its shade grows with the square root. Drag a box to see that part below; the amber frame shows where it is."
    )
    brush.numbers(view.text, view.length)
    return read


def neighbourhood(view: View, read: Overview) -> None:
    """The words of the window's rows as buttons."""
    rows, _ = brush.window(view.text, view.length)
    first = view.word(rows.start)
    chunk = view.encoded.words[first : min(view.word(rows.stop - 1) + 1, first + EXACT)]
    locked = view.locked
    weights = totals(read.received if locked is None else row(view, locked), view.encoded.words)[first : first + len(chunk)]
    at = locked - first if locked is not None and first <= locked < first + len(chunk) else None
    words([w.text for w in chunk], weights, [w.special for w in chunk], f"words {view.text} {first} {len(chunk)}", at,
          lambda i: toggle(view.text, chunk, i))  # fmt: skip
    said = f"Words {first:,} to {first + len(chunk) - 1:,} of {len(view.encoded.words):,}, those of the window's rows. Tint: "
    if locked is None:
        st.caption(f"{said}attention each word receives, averaged over all rows of the text. Click a word to lock it.")
    else:
        say.caption(f"{said}where “{view.encoded.words[locked].text}” looks. Click it again to unlock.")


def ranked(view: View, read: Overview) -> None:
    """The words that receive most; for a locked word those that it looks at, and those that look at it."""
    locked = view.locked
    if locked is None:
        st.subheader("Most looked at", anchor=False)
        listed(view, totals(read.received, view.encoded.words), "text-received")
        st.caption(f"The mean weight on each word, over all {view.length:,} rows; all words together have 1.")
        return
    word = view.encoded.words[locked]
    st.subheader(f"“{say.literal(word.text)}”, token {word.positions[0]:,}", anchor=False)
    st.button("Unlock", on_click=lock, args=(view.text, None))
    st.markdown("**looks at**")
    listed(view, totals(row(view, locked), view.encoded.words), "text-looks-at")
    st.markdown("**is looked at by**")
    with told(f"Reading who looks at “{say.literal(word.text[:24])}”") as tell:
        back = once((*view.key, "by", locked), lambda: looked_at_by(view.m, view.head, word.positions, tell))
    sizes = np.array([len(each.positions) for each in view.encoded.words], dtype=np.float32)
    listed(view, totals(back, view.encoded.words) / sizes, "text-looked-at")
    st.caption("Sub-words are merged into words: summed over keys, averaged over queries.")


def row(view: View, word: int) -> Floats:
    """(token,) where a word looks: the mean over its tokens."""
    mean: Floats = view.m.rows(view.head, view.encoded.words[word].positions).mean(0)
    return mean


def listed(view: View, weights: Floats, key: str) -> None:
    """The words of most weight, with their tokens."""
    shown = [i for i, word in enumerate(view.encoded.words) if not (view.hide and word.special)]
    best = sorted(shown, key=lambda i: -weights[i])[:LISTED]
    names = tuple(f"{view.encoded.words[i].positions[0]:,} {view.encoded.words[i].text}" for i in best)
    values = [float(weights[i]) for i in best]
    widgets.chart(plot.word_weights(names, values, max(*values, 1e-9)), key)


def detail(view: View) -> None:
    """The chosen window, exact; where it is too large to name its tokens, an overview of it that can be narrowed."""
    rows, columns = brush.window(view.text, view.length)
    st.subheader("The chosen window", anchor=False)
    if max(len(rows), len(columns)) > EXACT:
        zoom(view, rows, columns)
        return
    m = view.m.part(view.head, rows, columns)
    token = locked_token(view.text)
    locked = rows.index(token) if token is not None and token in rows else None
    figure = plot.heatmap(m, max(float(m.dense().max()), 1e-9), locked)
    caption = plot.caption(m, view.prediction.card.name, view.prediction.seconds, view.layer, view.head)
    widgets.map_card(m, figure, caption, view.prediction, "text-map")


def zoom(view: View, rows: range, columns: range) -> None:
    """A window of many tokens, pooled."""
    with told(f"Reading {len(rows):,} rows") as tell:
        read = once((*view.key, rows, columns), lambda: overview(view.m, view.head, ZOOMED, rows, columns, tell))
    figure = plot.overview(read.pooled, read.rows, read.columns, view.m.norm)
    brush.chart(figure, "text-zoom", view.text, view.length, "Overview of the chosen part")
    command = (
        f"attnviz map {view.prediction.card.name} ... --layer {view.layer} --head {view.head} "
        f"--rows {rows.start}:{rows.stop} --columns {columns.start}:{columns.stop} --out window.npz"
    )
    st.caption(
        f"Rows {rows.start:,} to {rows.stop - 1:,} and columns {columns.start:,} to {columns.stop - 1:,}. More than {EXACT} tokens "
        f"a side are pooled: each cell is the largest weight in it. Drag a box of at most {EXACT} tokens a side for single "
        f"weights, or take the numbers with {say.code(command)}."
    )
