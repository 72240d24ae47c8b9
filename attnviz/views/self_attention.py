"""Self-attention over a sentence: the sentence tinted by one head, all heads as pictures, and that head in detail."""

from collections.abc import Sequence

from attnviz import plot
from attnviz.exhibit import Exhibit
from attnviz.explain import by_word, shown_words
from attnviz.maps import AttentionMap
from attnviz.results import TextResult
from attnviz.state import Choice, Chosen
from attnviz.views import glances, ranking
from attnviz.views.reasons import CLICK, HIDDEN, OFF, SIGN, TAKE
from attnviz.views.sentence import (
    UNIT,
    hide_choice,
    lock_choice,
    merge_choice,
    ranked,
    scale_choice,
    tinted,
    top_of,
    word_at,
)  # fmt: skip
from attnviz.views.view import View
from attnviz.weights import Floats


def exhibits(result: TextResult, chosen: Chosen) -> Sequence[Exhibit]:
    """The words, all heads, the chosen head; and for a locked word whom it looks at, and who looks at it."""
    encoded, maps, options = result.encoded, glances.layers(result), (chosen["merge"], chosen["hide"])
    m = by_word(maps[chosen["layer"]].at_head(chosen["head"]), encoded.words, *options)
    shown = shown_words(encoded.words, encoded.tokens, *options)
    locked = word_at(shown, chosen["lock"])
    weights, names = m.dense(), m.labels["key"]
    if locked is None:
        said = "Tint: attention each word receives, averaged over all words; the strongest is the largest. Click a word to lock it."
    else:
        said = f"Tint: where “{names[locked]}” looks; the strongest tint is the largest. Click it again to unlock."
    shows = (
        tinted(result, shown, m, weights.mean(0) if locked is None else weights[locked], locked, said, chosen),
        glances.pictures(result, chosen["layer"], chosen["head"], maps, chosen["click"] == TAKE),
        detail(result, m, chosen, locked),
        ranking.exhibit(result, chosen["rank"], chosen["layer"], chosen["head"]),
    )
    if locked is None:
        return shows
    return (
        *shows,
        ranked(result, "looks-at", f"“{names[locked]}” looks at", names, weights[locked], m),
        ranked(result, "looked-at", f"“{names[locked]}” is looked at by", names, weights[:, locked], m),
    )


def detail(result: TextResult, m: AttentionMap, chosen: Chosen, locked: int | None) -> Exhibit:
    """Who looks where through one head."""
    layer, head = chosen["layer"], chosen["head"]
    figure = plot.heatmap(m, top_of(m, chosen["scale"]), locked)
    about = "" if locked is None else f"{_about(m, locked)} Its row is framed. "
    caption = about + plot.caption(m, result.card.name, None, layer, head)
    return Exhibit("map", f"Layer {layer}, head {head}: who looks where", (figure,), caption, (m,), result, width=0.5)


def _about(m: AttentionMap, locked: int) -> str:
    """What a locked word does, in a sentence."""
    weights, names = m.dense(), m.labels["key"]
    at, by = int(weights[locked].argmax()), int(weights[:, locked].argmax())
    return (
        f"“{names[locked]}” looks most at “{names[at]}”, with {weights[locked, at]:.3f}, and “{names[by]}” looks most at it, "
        f"with {weights[by, locked]:.3f}."
    )


def choices(result: TextResult) -> Sequence[Choice]:
    """Layer and head, and behind "More" what is merged, hidden and scaled."""
    return (
        *glances.place_choices(result), ranking.rank_choice(result), SIGN, CLICK, HIDDEN, OFF,
        merge_choice("Summed over keys, averaged over queries."), hide_choice(), scale_choice(UNIT), lock_choice(result.encoded),
    )  # fmt: skip


def says(result: TextResult, chosen: Chosen) -> tuple[str, Floats]:
    """What each token receives through the head in sight, or from the locked word."""
    layer, head, lock = chosen["layer"], chosen["head"], chosen["lock"]
    weights = glances.layers(result)[layer].head(head)
    name = f"layer {layer}, head {head}"
    word = word_at(result.encoded.words, lock)
    if word is None:
        return name, weights.mean(0)
    return f"{name}, from “{result.encoded.words[word].text}”", weights[list(result.encoded.words[word].positions)].mean(0)


VIEW = View(
    "heads", "Who looks where", TextResult, exhibits, choices,
    lambda result: bool(glances.layers(result)) and not glances.is_long(result.encoded), says,
)  # fmt: skip
