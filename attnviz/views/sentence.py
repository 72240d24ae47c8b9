"""What the views of a text share: what is merged, hidden, scaled and locked, and the sentence as words."""

from collections.abc import Sequence

from attnviz import plot
from attnviz.encode import EncodedText, Word
from attnviz.exhibit import Exhibit
from attnviz.maps import AttentionMap
from attnviz.results import TextResult
from attnviz.state import Choice, OneOf, OnOff, Whole
from attnviz.weights import Floats

NONE = -1  # where no word is locked
UNIT, LARGEST = "one", "largest"
SCALES = {UNIT: "0 to 1", LARGEST: "0 to largest"}
SPECIAL = (
    "Special tokens such as [CLS] and [SEP] are put around every input: they mark its beginning and its end, and are no words of "
    "it. Many heads rest on them where they find nothing to look at."
)


def merge_choice(meaning: str) -> Choice:
    """Whether sub-words are put together."""
    return Choice("merge", "Merge sub-words into words", OnOff(), True, meaning, more=True)


def hide_choice(label: str = "Hide special tokens") -> Choice:
    """Whether special tokens are left out."""
    return Choice("hide", label, OnOff(), False, SPECIAL, more=True)


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
    result: TextResult, shown: Sequence[Word], m: AttentionMap, weights: Floats, locked: int | None, caption: str
) -> Exhibit:
    """The sentence, its words tinted by these weights, one a word; a click locks one."""
    labels, special, values = of_words(shown)
    figure = plot.Words(labels, weights, special, values, locked)
    return Exhibit("words", "The sentence", (figure,), caption, (m,), result, picks=("lock",))


def ranked(
    result: TextResult, name: str, title: str, names: tuple[str, ...], weights: Floats, m: AttentionMap,
    width: float = 0.5,
) -> Exhibit:  # fmt: skip
    """The largest of some weights as bars."""
    values = weights.tolist()
    figure = plot.word_weights(names, values, max(*values, 1e-9))
    best = int(weights.argmax())
    return Exhibit(name, title, (figure,), f"Most: “{names[best]}”, {weights[best]:.3f}.", (m,), result, width=width)
