"""A long text: what is looked at most, a head's overview, and of the part that is chosen the exact window."""

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np

from attnviz import plot
from attnviz.encode import EncodedText, Word
from attnviz.exhibit import Exhibit
from attnviz.explain import Overview, looked_at_by, overview, totals
from attnviz.maps import AttentionMap
from attnviz.progress import telling
from attnviz.results import TextResult
from attnviz.state import Choice, Chosen, Window
from attnviz.views import glances
from attnviz.views.sentence import NONE, hide_choice, lock_choice, of_words
from attnviz.views.view import View
from attnviz.weights import Floats

FIRST = 32  # what is shown before anything is chosen, and around a word that was jumped to
EXACT = 64  # positions a side that are shown one by one
ZOOMED = 128
LISTED = 12
MERGED = "Sub-words are merged into words: summed over keys, averaged over queries."


def exhibits(result: TextResult, chosen: Chosen) -> Sequence[Exhibit]:
    """The overview beside what is looked at most, the words of the window, all heads beside the window."""
    m, read = _map(result, chosen), whole(result, chosen)
    locked = None if chosen["lock"] == NONE else word_of(result.encoded, chosen["lock"])
    lists = _received(result, chosen, m, read) if locked is None else _looks(result, chosen, m, locked)
    return (
        _whole(result, chosen, read),
        lists[0],
        _neighbourhood(result, chosen, m, read, locked),
        glances.pictures(result, chosen["layer"], chosen["head"]),
        _window(result, chosen, m),
        *lists[1:],
    )


def _map(result: TextResult, chosen: Chosen) -> AttentionMap:
    """The layer's map; nothing of it is formed yet."""
    return glances.layers(result)[chosen["layer"]]


def word_of(encoded: EncodedText, token: int) -> int:
    """Which word holds a token."""
    return bisect_right(encoded.words, token, key=lambda word: word.positions[0]) - 1


def whole(result: TextResult, chosen: Chosen) -> Overview:
    """All rows of the chosen head, read once."""
    layer, head, length = chosen["layer"], chosen["head"], len(result.encoded.tokens)
    tell = telling(f"Reading all {length:,} rows of layer {layer}, head {head}")
    return result.once(("overview", layer, head), lambda: overview(_map(result, chosen), head, tell=tell))


def _whole(result: TextResult, chosen: Chosen, read: Overview) -> Exhibit:
    length = len(result.encoded.tokens)
    figure = plot.overview(read.pooled, read.rows, read.columns, _map(result, chosen).norm, chosen["window"])
    caption = (
        f"{length:,} tokens a side in {len(read.pooled)} x {read.pooled.shape[1]} cells; each cell is the largest weight in "
        "it, its shade grows with the square root."
    )
    title = f"Layer {chosen['layer']}, head {chosen['head']}: all {length:,} tokens"
    legend = "Drag a box to see that part below; the amber frame shows where it is."
    return Exhibit("overview", title, (figure,), caption, (), result, legend, width=0.6, drags="window")


def _neighbourhood(result: TextResult, chosen: Chosen, m: AttentionMap, read: Overview, locked: int | None) -> Exhibit:
    """The words of the window's rows."""
    encoded, (rows, _) = result.encoded, chosen["window"]
    first = word_of(encoded, rows.start)
    chunk = encoded.words[first : min(word_of(encoded, rows.stop - 1) + 1, first + EXACT)]
    weights = totals(read.received if locked is None else _row(result, chosen, m, locked), encoded.words)[first:][: len(chunk)]
    at = locked - first if locked is not None and first <= locked < first + len(chunk) else None
    labels, special, values = of_words(chunk)
    if locked is None:
        said = "attention each word receives, averaged over all rows of the text. Click a word to lock it."
    else:
        said = f"where “{encoded.words[locked].text}” looks. Click it again to unlock."
    caption = f"Words {first:,} to {first + len(chunk) - 1:,} of {len(encoded.words):,}, those of the window's rows. Tint: {said}"
    return Exhibit(
        "words", "In the text", (plot.Words(labels, weights, special, values, at),), caption, (), result, picks=("lock",)
    )


def _received(result: TextResult, chosen: Chosen, m: AttentionMap, read: Overview) -> tuple[Exhibit, ...]:
    caption = f"The mean weight on each word, over all {m.size('query'):,} rows; all words together have 1."
    return (_listed(result, chosen, "received", "Most looked at", totals(read.received, result.encoded.words), caption),)


def _looks(result: TextResult, chosen: Chosen, m: AttentionMap, locked: int) -> tuple[Exhibit, ...]:
    """Where a locked word looks, and who looks at it."""
    words, head = result.encoded.words, chosen["head"]
    word = words[locked]
    tell = telling(f"Reading who looks at “{word.text[:24]}”")
    back = result.once(("by", m.layer, head, locked), lambda: looked_at_by(m, head, word.positions, tell))
    sizes = np.array([len(each.positions) for each in words], dtype=np.float32)
    name = f"“{word.text}”, token {word.positions[0]:,},"
    return (
        _listed(result, chosen, "looks-at", f"{name} looks at", totals(_row(result, chosen, m, locked), words), MERGED),
        _listed(result, chosen, "looked-at", f"{name} is looked at by", totals(back, words) / sizes, MERGED),
    )


def _row(result: TextResult, chosen: Chosen, m: AttentionMap, word: int) -> Floats:
    """(token,) where a word looks: the mean over its tokens."""
    mean: Floats = m.rows(chosen["head"], result.encoded.words[word].positions).mean(0)
    return mean


def _listed(result: TextResult, chosen: Chosen, name: str, title: str, weights: Floats, legend: str) -> Exhibit:
    """The words of most weight, with their tokens."""
    words = result.encoded.words
    shown = [i for i, word in enumerate(words) if not (chosen["hide"] and word.special)]
    best = sorted(shown, key=lambda i: -weights[i])[:LISTED]
    names = tuple(f"{words[i].positions[0]:,} {words[i].text}" for i in best)
    values = [float(weights[i]) for i in best]
    caption = f"Most: “{words[best[0]].text}” at token {words[best[0]].positions[0]:,}, {values[0]:.4f}."
    figure = plot.word_weights(names, values, max(*values, 1e-9))
    return Exhibit(name, title, (figure,), caption, (), result, legend, width=0.4)


def _window(result: TextResult, chosen: Chosen, m: AttentionMap) -> Exhibit:
    """The chosen window, exact; where it is too large to name its tokens, an overview of it that can be narrowed."""
    rows, columns = chosen["window"]
    if max(len(rows), len(columns)) > EXACT:
        return _zoom(result, chosen, m, rows, columns)
    part = m.part(chosen["head"], rows, columns)
    locked = rows.index(chosen["lock"]) if chosen["lock"] in rows else None
    figure = plot.heatmap(part, max(float(part.dense().max()), 1e-9), locked)
    caption = plot.caption(part, result.card.name, None, chosen["layer"], chosen["head"])
    return Exhibit("map", "The chosen window", (figure,), caption, (part,), result, width=0.5)


def _zoom(result: TextResult, chosen: Chosen, m: AttentionMap, rows: range, columns: range) -> Exhibit:
    """A window of many tokens, pooled."""
    head, tell = chosen["head"], telling(f"Reading {len(rows):,} rows")
    read = result.once(("zoom", m.layer, head, rows, columns), lambda: overview(m, head, ZOOMED, rows, columns, tell))
    figure = plot.overview(read.pooled, read.rows, read.columns, m.norm)
    caption = (
        f"Rows {rows.start:,} to {rows.stop - 1:,} and columns {columns.start:,} to {columns.stop - 1:,}. More than {EXACT} tokens "
        f"a side are pooled: each cell is the largest weight in it."
    )
    command = (
        f"attnviz map {result.card.name} ... --layer {result.tape.layers.index(m.layer)} --head {head} "
        f"--rows {rows.start}:{rows.stop} --columns {columns.start}:{columns.stop} --out window.npz"
    )
    legend = f"Drag a box of at most {EXACT} tokens a side for single weights, or take the numbers with {command}."
    return Exhibit("zoom", "The chosen window", (figure,), caption, (), result, legend, width=0.5, drags="window")


def choices(result: TextResult) -> Sequence[Choice]:
    """Layer, head and the window, and behind "More" what is hidden."""
    length = len(result.encoded.tokens)
    window = Window(length)
    return (
        *glances.place_choices(result), Choice("window", "Window", window, window.fitted((0, FIRST - 1), (0, FIRST - 1))),
        hide_choice("Leave special tokens out of the lists"), lock_choice(result.encoded),
    )  # fmt: skip


def context(words: Sequence[Word], i: int, side: int = 4) -> str:
    """A word's token, and the word between its neighbours."""
    before, after = words[max(0, i - side) : i], words[i + 1 : i + 1 + side]
    parts = [*(word.text for word in before), f"[{words[i].text}]", *(word.text for word in after)]
    return f"{words[i].positions[0]:,}: … {' '.join(part[:24] for part in parts)} …"


VIEW = View(
    "long", "Where it looks in a long text", TextResult, exhibits, choices,
    lambda result: bool(glances.layers(result)) and glances.is_long(result.encoded),
)  # fmt: skip
