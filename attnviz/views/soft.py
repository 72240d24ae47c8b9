"""Soft attention over a sentence: one weight a word, as tint, as ranked bars and as a heatmap of one row."""

from collections.abc import Sequence

import numpy as np

from attnviz import plot
from attnviz.exhibit import Exhibit
from attnviz.explain import along_words, shown_words
from attnviz.maps import AttentionMap
from attnviz.results import TextResult
from attnviz.state import Choice, Chosen
from attnviz.views.reasons import CLICK, HIDDEN, OFF, SIGN
from attnviz.views.sentence import LARGEST, hide_choice, lock_choice, merge_choice, scale_choice, tinted, top_of, word_at
from attnviz.views.view import View


def exhibits(result: TextResult, chosen: Chosen) -> Sequence[Exhibit]:
    """The sentence, its weights ranked, and as one row."""
    encoded, options = result.encoded, (chosen["merge"], chosen.get("hide", False))
    m = along_words(result.tape.of("words")[0], encoded.words, *options)
    shown = shown_words(encoded.words, encoded.tokens, *options)
    locked = word_at(shown, chosen["lock"])
    words = tinted(result, shown, m, m.dense(), locked, _told(m, locked), chosen)
    return words, weighed(result, m), one_row(result, m, chosen["scale"], locked)


def _told(m: AttentionMap, locked: int | None) -> str:
    if locked is None:
        return "Tint: the weight of each word; the strongest tint is the largest. Click a word to read about its weight."
    return f"{_about(m, locked)} Click it again to unlock."


def _about(m: AttentionMap, locked: int) -> str:
    weights, names = m.dense(), m.labels["key"]
    mine, rank = float(weights[locked]), int((weights > weights[locked]).sum()) + 1
    return (
        f"“{names[locked]}” holds {mine:.3f} of the attention, rank {rank} of {len(names)}: "
        f"{mine * len(names):.2f} times an even share, which is {1 / len(names):.3f}."
    )


def weighed(result: TextResult, m: AttentionMap) -> Exhibit:
    """The largest weights as bars."""
    weights, names = m.dense(), m.labels["key"]
    figure = plot.word_weights(names, weights.tolist(), float(weights.max()))
    shown = np.sort(weights)[::-1][: plot.RANKED]
    which = f"The {plot.RANKED} largest of {len(names)} weights" if len(names) > plot.RANKED else f"All {len(names)} weights"
    caption = f"{which}, the largest first; together they hold {float(shown.sum()):.3f} of the attention."
    return Exhibit("weights", "Which words weigh most?", (figure,), caption, (m,), result, width=0.5)


def one_row(result: TextResult, m: AttentionMap, scale: str, locked: int | None) -> Exhibit:
    """The weights in the order of the sentence."""
    figure = plot.one_row(m, top_of(m, scale), locked)
    sums = "sum to 1" if m.norm == "softmax" else f"sum to {float(m.dense().sum()):.3f}, the rest being hidden"
    legend = (
        "The model reads the whole sentence, and decides from a mix of what it noted at each word. A weight is the word's part "
        f"in that mix: the weights of all {len(m.dense())} words {sums}, and even shares would be {1 / len(m.dense()):.3f}."
    )
    about = "" if locked is None else f"{_about(m, locked)} "
    caption = about + plot.caption(m, result.card.name, None, result.tape.layers.index(m.layer))
    return Exhibit("row", "Where in the sentence?", (figure,), caption, (m,), result, legend, width=0.5)


def choices(result: TextResult) -> Sequence[Choice]:
    """Behind "More": what is merged, hidden and scaled."""
    special = (hide_choice(),) if any(word.special for word in result.encoded.words) else ()
    merge = merge_choice("A word's weight is the sum over its parts.")
    return merge, *special, SIGN, scale_choice(LARGEST), lock_choice(result.encoded), CLICK, HIDDEN, OFF


VIEW = View("soft", "Which words weigh most", TextResult, exhibits, choices, lambda result: bool(result.tape.of("words")))
