"""Every explanation of one decision, each with its trial and its verdict."""

from collections.abc import Iterator
from dataclasses import dataclass

from attnviz.explain.erasure import Reals, Trial, chance, trial
from attnviz.explain.verdict import verdict
from attnviz.faithful.hiding import Fill, hiding
from attnviz.faithful.methods import rankings
from attnviz.nets import Net
from attnviz.results import Result


@dataclass(frozen=True)
class Tried:
    """What one method says of each part of an input, (part,), how that fared, and the verdict in words."""

    method: str
    names: tuple[str, ...]
    strengths: Reals
    trial: Trial
    verdict: str


def tried(model: Net, prediction: Result, fill: Fill = "blur", seed: int = 0) -> Iterator[Tried]:
    """Each method in turn, the attention of the page first; all are held against the same random sets.

    InputError where nothing was decided that hiding could move.
    """
    hidden = hiding(model, prediction, fill)
    luck = chance(len(hidden.names), hidden.say, seed=seed, alone=hidden.parts == "words")
    for method, strengths in rankings(model, prediction, hidden).items():
        found = trial(strengths, hidden.say, luck)
        yield Tried(method, hidden.names, strengths, found, verdict(found, hidden.what, hidden.parts, _verb(method)))


def _verb(method: str) -> str:
    return "looked at" if method == "attention" else "named"
