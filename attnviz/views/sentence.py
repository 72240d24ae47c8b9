"""What the views of a text share: what is merged, hidden, scaled and locked, and the sentence as words."""

from collections.abc import Sequence

from attnviz import plot
from attnviz.encode import EncodedText, Word
from attnviz.exhibit import Exhibit
from attnviz.maps import AttentionMap
from attnviz.results import TextResult
from attnviz.state import Choice, Chosen, OneOf, OnOff, Whole
from attnviz.terms import TERMS
from attnviz.views.reasons import HIDDEN, LOOK, SIGNED, against, asked, without
from attnviz.weights import Floats

NONE = -1  # where no word is locked
UNIT, LARGEST = "one", "largest"
SCALES = {UNIT: "0 to 1", LARGEST: "0 to largest"}


def merge_choice(meaning: str) -> Choice:
    """Whether sub-words are put together."""
    return Choice("merge", "Merge sub-words into words", OnOff(), True, meaning, more=True)


def hide_choice(label: str = "Hide special tokens") -> Choice:
    """Whether special tokens are left out."""
    return Choice("hide", label, OnOff(), False, TERMS["[CLS]"].says, more=True)


def scale_choice(default: str) -> Choice:
    """Where the heatmap's scale ends."""
    return Choice("scale", "Scale of the heatmap", OneOf((UNIT, LARGEST), SCALES.__getitem__), default, more=True)


def lock_choice(encoded: EncodedText) -> Choice:
    """Which word is looked at closely, by its first token, whatever is merged or hidden."""
    return Choice("lock", "Locked word", Whole(NONE, len(encoded.tokens) - 1), NONE, clicked=True)


def top_of(m: AttentionMap, scale: str) -> float:
    """The end of a scale."""
    return 1.0 if scale == UNIT else max(float(m.dense().max()), 1e-9)


def word_at(words: Sequence[Word], token: int) -> int | None:
    """Which of these words holds a token; None where none does."""
    return next((i for i, word in enumerate(words) if token in word.positions), None)


def of_words(shown: Sequence[Word]) -> tuple[tuple[str, ...], tuple[bool, ...], tuple[str, ...]]:
    """Of words as a figure has them: labels, which are special, and what a click on each locks."""
    return (
        tuple(word.text for word in shown), tuple(word.special for word in shown), tuple(str(word.positions[0]) for word in shown),
    )  # fmt: skip


def tinted(
    result: TextResult, shown: Sequence[Word], m: AttentionMap, weights: Floats, locked: int | None, caption: str, chosen: Chosen
) -> Exhibit:
    """The sentence, its words tinted by these weights, one a word; a click locks one, or takes it away."""
    asked(result, chosen)
    labels, special, values = of_words(shown)
    signs = against(result, [word.positions for word in shown]) if chosen["sign"] else None
    legend = SIGNED if signs else ""
    if first := _first_special(shown, weights):
        caption += f" The darkest is {first}, a special token, which is no word of the text."
    if chosen["click"] == LOOK:
        figure = plot.Words(labels, weights, special, values, locked, against=signs)
        return Exhibit("words", "The sentence", (figure,), caption, (m,), result, legend, picks=("lock",))
    hides = tuple(_taken(result, word) for word in shown)
    caption = caption.replace(" Click a word to lock it.", "") + " Click a word to take it away."
    figure = plot.Words(labels, weights, special, hides, against=signs)
    return Exhibit("words", "The sentence", (figure,), caption, (m,), result, legend, picks=("hidden",))


def _taken(result: TextResult, word: Word) -> str:
    """The hidden words once this one is clicked; special tokens stay."""
    number = word_at(result.encoded.words, word.positions[0])
    return HIDDEN.allowed.write(result.hidden) if word.special or number is None else without(result, number)


def _first_special(shown: Sequence[Word], weights: Floats) -> str:
    """The special token with the largest weight of all, where there are words beside it."""
    first = shown[int(weights.argmax())]
    return first.text if first.special and not all(word.special for word in shown) else ""


def ranked(
    result: TextResult, name: str, title: str, names: tuple[str, ...], weights: Floats, m: AttentionMap,
    width: float = 0.5,
) -> Exhibit:  # fmt: skip
    """The largest of some weights as bars."""
    values = weights.tolist()
    figure = plot.word_weights(names, values, max(*values, 1e-9))
    best = int(weights.argmax())
    return Exhibit(name, title, (figure,), f"Most: “{names[best]}”, {weights[best]:.3f}.", (m,), result, width=width)
