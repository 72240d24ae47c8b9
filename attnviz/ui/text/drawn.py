"""Hard attention on the Text page: the most probable picks or some drawn by chance, and a hundred draws to compare with."""

from attnviz.results import TextResult
from attnviz.ui import cache, drawing
from attnviz.ui.card import cards
from attnviz.ui.state import State
from attnviz.views import draws

MEANING = (
    "Most probable: the words with odds above one half. Drawn by chance: for each word a coin is tossed that "
    "falls on “picked” with the word's odds."
)


def picked(state: State, probable: TextResult, text: str) -> TextResult:
    """The result by how words are picked; a new seed runs the model once."""
    return drawing.picked(state, "words", MEANING, probable, lambda seed: cache.text(probable.card.name, text, seed=seed))


def many(state: State, probable: TextResult, shown: TextResult, lock: int) -> None:
    """What a hundred draws would have decided, beside the result that is shown."""
    samples = drawing.samples(probable, cache.fingerprint(probable.encoded.text))
    cards(state, draws.exhibits(shown, samples, drawing.FIRST, lock))
