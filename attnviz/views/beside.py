"""Two models on one sentence, and who looks where more: no views, for a view looks at one result."""

from collections.abc import Sequence

import numpy as np

from attnviz import plot
from attnviz.errors import InputError
from attnviz.exhibit import Exhibit
from attnviz.explain.shares import shares, together
from attnviz.explain.sides import by_side
from attnviz.maps import AttentionMap
from attnviz.results import Outcome, TextResult, Translation
from attnviz.results.mechanism import MechanismResult
from attnviz.views.heads import MEAN, of_head


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


def _who(first: Outcome, second: Outcome) -> str:
    return f"Blue: {first.title} looks there more. Orange: {second.title} does."


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
    head = MEAN if result.aligner_head is None else result.aligner_head
    return of_head(m, head) if "head" in m.axes else m


SUMMING = ("softmax", "partial", "onehot")


def mechanisms(first: MechanismResult, second: MechanismResult) -> Exhibit:
    """The first minus the second; InputError where their maps cannot be laid over each other."""
    whole = [result.shown.maps[0] for result in (first, second)]
    one, other = map(_laid_flat, whole)
    if one is None or other is None or one.shape != other.shape:
        sizes = [f"{' x '.join(map(str, m.shape))} ({', '.join(m.axes)})" for m in whole]
        raise InputError(f"maps of {sizes[0]} and {sizes[1]} cannot be laid over each other", "compare others")
    gap = np.abs(one.dense() - other.dense())
    told = [f"{first.title} minus {second.title}. {_who(first, second)}"]
    if all(m.norm in SUMMING for m in whole):
        told.append(f"On average {float(gap.sum(-1).mean() / 2):.1%} of a query's attention lies elsewhere.")
    told.append(f"The largest difference is {float(gap.max()):.4f}.")
    if any("head" in m.axes for m in whole):
        told.append("Of several heads the mean is taken.")
    figure = plot.with_numbers(plot.difference(one, other))
    return Exhibit("difference", "Difference", (figure,), " ".join(told), (), first, width=0.6)


def _laid_flat(m: AttentionMap) -> AttentionMap | None:
    """A map with axes (query, key), of several heads their mean; None for other axes."""
    if m.axes == ("head", "query", "key"):
        return m.mean_of_heads()
    return m if m.axes == ("query", "key") else None
