"""Where a translator looked for each word: the output and the source as words, the map between them, and what else could stand."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from attnviz import plot
from attnviz.encode import Word
from attnviz.exhibit import Exhibit
from attnviz.explain.sides import Window, by_side, windows
from attnviz.maps import AttentionMap
from attnviz.results import Translation
from attnviz.state import Choice, Chosen, Whole
from attnviz.views.sentence import of_words, word_at
from attnviz.views.translated import merging, of_place, place_choices, sides
from attnviz.views.view import View

WINDOWS = (
    " Bar: the centre that the model predicted. Dotted: the window; outside of it every weight is 0."
    " A merged word has the windows of its sub-words together, and the mean of their centres."
)
GUIDED = " This attention was taught, by a word aligner, which word translates which: it is guided, not found."


def exhibits(result: Translation, chosen: Chosen) -> Sequence[Exhibit]:
    """Of one step, which wrote one token: its word, the source as it saw it, the map, and the alternatives."""
    m, place = of_place(result, "alignment", chosen)
    words, step = sides(result, chosen["merge"]), chosen["step"] - 1
    read, written = words["source"], words["output"]
    shown = matrix(result, m, place, read, written, step)
    if taught(result, chosen):
        shown = replace(shown, legend=shown.legend + GUIDED)
    return output(result, written, step), source(result, m, read, step), shown, alternatives(result, step)


def taught(result: Translation, chosen: Chosen) -> bool:
    """Whether the attention in sight was guided in training, as the card says; of several heads one was."""
    guided = bool(result.card.text.get("guided", False))
    if not guided or result.aligner_head is None:
        return guided
    layer = result.tape.layers_of("alignment")[chosen["layer"]]
    return layer == result.aligner and chosen["head"] == result.aligner_head


def output(result: Translation, written: Sequence[Word], step: int) -> Exhibit:
    """The translation as words that can be clicked, tinted by their probabilities."""
    labels, special, values = of_words(written)
    steps = tuple(str(int(value) + 1) for value in values)
    chances = np.array([result.chance(word) for word in written], dtype=np.float32)
    figure = plot.Words(labels, chances, special, steps, word_at(written, step))
    caption = "Numbers and tint: the probability of each word after those before it. Click a word to see where its step looked."
    return Exhibit("output", "The translation", (figure,), caption, (), result, width=0.5, picks=("step",))


def source(result: Translation, m: AttentionMap, read: Sequence[Word], step: int) -> Exhibit:
    """The source as a step saw it."""
    row = by_side(m, [Word(result.tokens[step], (step,))], read)
    weights, (labels, special, _) = row.dense()[0], of_words(read)
    best = int(weights.argmax())
    caption = (
        f"The source as step {step + 1} saw it, which wrote “{result.tokens[step]}”: most at “{labels[best]}”, with "
        f"{weights[best]:.3f}. The strongest tint is the largest weight."
    )
    return Exhibit("source", "The source", (plot.Words(labels, weights, special),), caption, (row,), result, width=0.5)


def matrix(
    result: Translation, m: AttentionMap, place: str, read: Sequence[Word], written: Sequence[Word], step: int
) -> Exhibit:  # fmt: skip
    """All words of the output over those of the source."""
    shown, framed = by_side(m, written, read), word_at(written, step)
    local = _windows(result, written, read)
    figure = plot.alignment(shown, [result.chance(word) for word in written], framed, local)
    legend = "Beside the words: their probabilities. Framed: the word of this step." + (WINDOWS if local else "")
    caption = plot.caption(shown, result.card.name, None, place)
    return Exhibit("map", "Where it looked for each word", (figure,), caption, (shown,), result, legend, width=0.6)


def _windows(result: Translation, written: Sequence[Word], read: Sequence[Word]) -> list[Window]:
    """Those of local attention; none for other mechanisms."""
    centres = result.tape.of("centre")
    return windows(centres[0].dense(), float(result.card.config["reach"]), written, read) if centres else []


def alternatives(result: Translation, step: int) -> Exhibit:
    """What else the step could have written."""
    chances = [(each.text, each.probability) for each in result.alternatives[step]]
    caption = (
        f"The most probable tokens of step {step + 1}, which are words or parts of words; “{result.tokens[step]}” was written."
    )
    spoken = f"{caption} {', '.join(f'{name} {chance:.3f}' for name, chance in chances)}."
    title = f"What could stand where “{result.tokens[step]}” does"
    return Exhibit("alternatives", title, (plot.probabilities(chances),), caption, (), result, spoken=spoken, width=0.4)


def choices(result: Translation) -> Sequence[Choice]:
    """Which step, and where there are several the layer and head, at first those that say best which word is which."""
    layers = result.tape.layers_of("alignment")
    first = layers.index(result.aligner) if result.aligner in layers else 0
    steps = len(result.tokens)
    step = Choice("step", "Step", Whole(1, steps, walks=True, form=f"%d of {steps}"), 1)
    return step, *place_choices(result, "alignment", first=first, head=result.aligner_head), merging()


VIEW = View(
    "alignment", "Where it looked for each word", Translation, exhibits, choices, lambda result: bool(result.tape.of("alignment"))
)
