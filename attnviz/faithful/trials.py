"""Every explanation of one decision, each with its trial and its verdict."""

from collections.abc import Iterator
from dataclasses import dataclass

from attnviz.explain.curves import Reals
from attnviz.explain.erasure import DRAWS, Chance, Trial, chance, trial
from attnviz.explain.verdict import verdict
from attnviz.faithful.hiding import Fill, Hiding, hiding
from attnviz.faithful.methods import rankings
from attnviz.nets import Net
from attnviz.results import Result

LOOKS = ("attention", "head shown first")  # what a model looked at; other methods name parts


@dataclass(frozen=True)
class Tried:
    """What one method says of each part of an input, (part,), how that fared, and the verdict in words."""

    method: str
    names: tuple[str, ...]
    strengths: Reals
    trial: Trial
    verdict: str


def tried(model: Net, prediction: Result, fill: Fill = "blur", seed: int = 0, orders: int = DRAWS) -> Iterator[Tried]:
    """Each method in turn, the attention of the page first; all are held against the same random sets.

    `orders`: how many random orders the curves are held against. InputError where nothing was decided that hiding could move.
    """
    hidden = hiding(model, prediction, fill)
    luck = luck_of(hidden, seed, orders)
    for method, strengths in rankings(model, prediction, hidden):
        yield one_tried(method, strengths, hidden, luck)


def luck_of(hidden: Hiding, seed: int = 0, orders: int = DRAWS) -> Chance:
    """What hiding parts at random does. Of words one alone may carry a decision; of places and steps none does."""
    return chance(len(hidden.names), hidden.say, seed=seed, alone=hidden.parts == "words", orders=orders)


def one_tried(method: str, strengths: Reals, hidden: Hiding, luck: Chance, looks: bool = False) -> Tried:
    """One ranking, tried; `looks`: it says where a model looked, and names nothing."""
    found = trial(strengths, luck)
    verb = "looked at" if looks or method in LOOKS else "named"
    return Tried(method, hidden.names, strengths, found, verdict(found, hidden.what, hidden.parts, verb))
