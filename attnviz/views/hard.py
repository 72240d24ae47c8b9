"""Hard attention over a sentence: odds beside a choice, and what was read of it."""

from collections.abc import Sequence

from attnviz import plot
from attnviz.exhibit import Exhibit
from attnviz.explain import along_words, entropy, picked_words
from attnviz.maps import AttentionMap
from attnviz.results import START, TextResult
from attnviz.state import Choice, Chosen
from attnviz.views.sentence import lock_choice, of_words, word_at
from attnviz.views.view import View


def exhibits(result: TextResult, chosen: Chosen) -> Sequence[Exhibit]:
    """The sentence as it was picked, how sure each pick was, and what the classifier saw."""
    (odds,), (picks,) = result.tape.of("odds"), result.tape.of("picks")
    return words(result, odds, picks, word_at(result.encoded.words, chosen["lock"])), sure(result, odds, picks), seen(result, picks)


def words(result: TextResult, odds: AttentionMap, picks: AttentionMap, locked: int | None) -> Exhibit:
    """The sentence as words, outlined by odds and filled where picked."""
    labels, special, values = of_words(result.encoded.words)
    figure = plot.Words(labels, odds.dense(), special, values, locked, tuple(bool(taken) for taken in picks.dense()))
    shown = "Outline and number" if figure.numbered else "Outline"
    legend = f"Filled: picked. {shown}: the odds of being picked."
    if locked is None:
        caption = "Click a word to see what picking it does."
    else:
        was = "was picked" if picks.dense()[locked] else "was not picked"
        caption = f"“{labels[locked]}” {was}, with odds of {odds.dense()[locked]:.3f}. Click it again to unlock."
    return Exhibit("words", "The sentence", (figure,), caption, (odds, picks), result, legend, picks=("lock",))


def sure(result: TextResult, odds: AttentionMap, picks: AttentionMap) -> Exhibit:
    """Odds beside the choice."""
    bits = float(entropy(odds.dense()).sum())
    caption = plot.choice_caption(odds, picks, bits, result.card.name, result.seed)
    return Exhibit(
        "odds", "How sure was each pick?", (plot.hard_choice(odds, picks),), caption, tuple(result.tape), result, width=0.5
    )


def seen(result: TextResult, picks: AttentionMap) -> Exhibit:
    """The picked words alone, and how they were weighed."""
    encoded = result.encoded
    picked = [bool(taken) for taken in picks.dense()]
    (reader,) = result.tape.of("picked words")
    m = along_words(reader, picked_words(encoded.words, picked, START))
    figure = plot.word_weights(m.labels["key picked"], m.dense().tolist(), float(m.dense().max()))
    legend = f"How it weighed each word; “{START}” is a learned beginning that stands before any words."
    if m.size("key picked") > plot.RANKED:
        legend += f" These are the {plot.RANKED} largest of {m.size('key picked')} weights."
    chosen = [word.text for word, taken in zip(encoded.words, picked, strict=True) if taken]
    caption = f"{_shown(chosen, len(picked))} {plot.caption(m, result.card.name, None, result.tape.layers.index(reader.layer))}"
    return Exhibit("seen", "What did the classifier see?", (figure,), caption, (m,), result, legend, width=0.5)


def _shown(chosen: Sequence[str], count: int) -> str:
    if not chosen:
        return "It saw nothing: no word was picked. The decision is what the classifier answers without having read anything."
    said, unseen = f"It saw “{' '.join(chosen)}”.", count - len(chosen)
    if not unseen:
        return said
    rest = f"The other {unseen} words were" if unseen > 1 else "The other word was"
    return f"{said} {rest} never shown to it, and cannot have changed the decision, other than by what was picked."


def choices(result: TextResult) -> Sequence[Choice]:
    """Which word is looked at closely."""
    return (lock_choice(result.encoded),)


VIEW = View(
    "hard", "Which words it picked", TextResult, exhibits, choices,
    lambda result: bool(result.tape.of("picked words")),
)  # fmt: skip
