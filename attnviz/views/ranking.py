"""Heads ranked by what they do, so that one knows where to start: what they look at, and what the decision is without them."""

from collections.abc import Callable

import numpy as np

from attnviz import plot
from attnviz.exhibit import Exhibit
from attnviz.explain.habits import habits
from attnviz.results import TextResult
from attnviz.state import Choice, OneOf
from attnviz.views import glances

MOST = 12
Ranked = dict[tuple[int, int], float]

SLOPE, EFFECT, SHARP = "slope", "effect", "sharp"
# What heads can be ranked by: what a visitor reads, and the end of a sentence on what the number is.
BY = {
    SLOPE: (
        "What they add to the decision",
        "by how much its log-odds would fall without the head, to first order: the gradient by what it gives, times that",
    ),
    EFFECT: ("What the decision is without them", "by how much the decision falls once the head is switched off"),
    SHARP: ("Sharp looks at distant words", "the mean of the largest weight on a distant word"),
    "previous": ("Looks at the word before", "the mean weight on the token before"),
    "same": ("Looks at the word itself", "the mean weight on the token itself"),
    "special": ("Looks at special tokens", "the mean weight on all special tokens together"),
    "distance": ("Looks far", "how many tokens away it looks, on average"),
    "spread": ("Looks at many", "on how many tokens the weight spreads, e to the entropy"),
}


def rank_choice(result: TextResult) -> Choice:
    """What heads are ranked by; only a result whose net can be asked knows what heads do to the decision.

    Switching them off takes several passes, and is left until it is chosen.
    """
    known = tuple(by for by in BY if by not in (SLOPE, EFFECT) or result.slopes is not None)
    return Choice("rank", "Rank heads by", OneOf(known, lambda by: BY[by][0], listed=True), known[0])


def ranked(result: TextResult, by: str) -> Ranked:
    """(layer, head) -> the number, the largest first."""
    found = FOUND.get(by, _habit)(result, by)
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _slope(result: TextResult, by: str) -> Ranked:  # noqa: ARG001
    return dict(result.slopes or {})


def _effect(result: TextResult, by: str) -> Ranked:  # noqa: ARG001
    return dict(result.effects.moved) if result.effects else {}


def _sharp(result: TextResult, by: str) -> Ranked:  # noqa: ARG001
    return {place: each.sharpness for place, each in glances.heads(result).glances.items()}


def _habit(result: TextResult, by: str) -> Ranked:
    every = result.once("habits", lambda: _habits(result))
    return {place: each[by] for place, each in every.items()}


def _habits(result: TextResult) -> dict[tuple[int, int], dict[str, float]]:
    special = [word.special for word in result.encoded.words for _ in word.positions]
    return {
        (layer, head): dict(habits(m.head(head), special))
        for layer, m in enumerate(glances.layers(result))
        for head in range(m.size("head"))
    }


FOUND: dict[str, Callable[[TextResult, str], Ranked]] = {SLOPE: _slope, EFFECT: _effect, SHARP: _sharp}


def exhibit(result: TextResult, by: str, layer: int, head: int) -> Exhibit:
    """The first heads as bars; a click on one shows it."""
    found = list(ranked(result, by).items())[:MOST]
    places = [place for place, _ in found]
    names = [f"layer {place[0]}, head {place[1]}" for place in places]
    chosen = places.index((layer, head)) if (layer, head) in places else None
    figure = plot.ranks(names, [value for _, value in found], places, chosen)
    title, meaning = BY[by]
    legend = f"The number is {meaning}. Click a bar to see the head."
    return Exhibit("ranked", f"Heads: {title[0].lower()}{title[1:]}", (figure,), _told(result, by, found), (), result, legend,
                   width=0.5, picks=("layer", "head"))  # fmt: skip


def _told(result: TextResult, by: str, found: list[tuple[tuple[int, int], float]]) -> str:
    (layer, head), value = found[0]
    if by != EFFECT or result.effects is None:
        middle = float(np.median(list(ranked(result, by).values())))
        return f"Most: layer {layer}, head {head}, with {value:.3f}; half of all heads have less than {middle:.3f}."
    tried, of = len(result.effects.moved), result.effects.heads
    which = f"Of {of} heads those {tried} were switched off, one at a time, that add or take most to first order" if (
        tried < of
    ) else f"All {of} heads were switched off, one at a time"  # fmt: skip
    return f"{which}. Without layer {layer}, head {head} “{result.decision}” moves from {_probability(result)} by {-value:+.3f}."


def _probability(result: TextResult) -> str:
    return f"{result.ranked[0][1]:.3f}"
