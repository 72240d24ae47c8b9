"""Two models on one sentence, and who looks where more: no view, for a view looks at one result."""

from collections.abc import Sequence

from attnviz import plot
from attnviz.exhibit import Exhibit
from attnviz.explain.shares import shares, together
from attnviz.results import TextResult


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
    caption = f"Blue: {first.card.title} looks there more. Orange: {second.card.title} does."
    legend = "In the order of the sentence. Each model's numbers are scaled to sum to 1, so that they can be compared."
    figure = plot.word_difference(labels, *values)
    return *shown, Exhibit("difference", "Difference", (figure,), caption, (), first, legend, width=1 / 3)
