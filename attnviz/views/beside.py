"""Two models on one sentence, and who looks where more: no views, for a view looks at one result."""

from collections.abc import Sequence

import numpy as np

from attnviz import plot
from attnviz.exhibit import Exhibit
from attnviz.explain.shares import shares, together
from attnviz.explain.sides import by_side
from attnviz.maps import AttentionMap
from attnviz.results import Result, TextResult, Translation


def exhibits(first: TextResult, second: TextResult) -> Sequence[Exhibit]:
    """The share of attention that each gives every word, and their difference."""
    sides = [shares(each.tape, each.encoded.words) for each in (first, second)]
    pieces = together(first.encoded.text, first.encoded.words, second.encoded.words)
    labels = tuple(piece.text for piece in pieces)
    values = [[float(side.of_words[piece.words[at]].sum()) for piece in pieces] for at, side in enumerate(sides)]
    top = max(max(value, default=0.0) for value in values)
    shown = [
        Exhibit(
            f"share-{name}", result.card.title, (plot.word_weights(labels, value, top),),
            f"It says: {result.said}. Share of the {side.meaning}; all words together have 1.", tuple(result.tape), result,
            width=1 / 3,
        )
        for name, result, side, value in zip(("first", "second"), (first, second), sides, values, strict=True)
    ]  # fmt: skip
    caption = _who(first, second)
    legend = "In the order of the sentence. Each model's numbers are scaled to sum to 1, so that they can be compared."
    figure = plot.word_difference(labels, *values)
    return *shown, Exhibit("difference", "Difference", (figure,), caption, (), first, legend, width=1 / 3)


def _who(first: Result, second: Result) -> str:
    return f"Blue: {first.card.title} looks there more. Orange: {second.card.title} does."


def translations(first: Translation, second: Translation) -> Sequence[Exhibit]:
    """Two translators, both given the first one's translation; none where they cut the sentences into different words."""
    shown = [by_side(_aligned(result), result.words, result.encoded.words) for result in (first, second)]
    if shown[0].labels != shown[1].labels:
        return ()
    sides = _one("first", first, shown[0]), _one("second", second, shown[1])
    figure = plot.difference(*shown).update_xaxes(tickangle=-90)
    gap = float(np.abs(shown[0].dense() - shown[1].dense()).sum(1).mean() / 2)
    caption = (
        f"{_who(first, second)} Both were given the translation “{first.text}”. On average {gap:.0%} of a word's attention lies "
        "elsewhere."
    )
    return *sides, Exhibit("difference", "Difference", (figure,), caption, (), first, width=1 / 3)


def _one(name: str, result: Translation, m: AttentionMap) -> Exhibit:
    """The map of one of them."""
    figure = plot.alignment(m, [result.chance(word) for word in result.words]).update_xaxes(tickangle=-90)
    caption = plot.caption(m, result.card.name, None, "Attention")
    legend = "Beside the words: their probabilities."
    return Exhibit(
        f"share-{name}", result.card.title, (figure.update_traces(showscale=False),), caption, (m,), result, legend, width=1 / 3
    )  # fmt: skip


def _aligned(result: Translation) -> AttentionMap:
    m = result.tape[result.aligner]
    return m.mean_of_heads() if "head" in m.axes else m
