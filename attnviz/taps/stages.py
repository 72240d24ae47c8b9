"""What is known of scores and weights on their way."""

from dataclasses import dataclass, field
from enum import IntEnum

from torch import Tensor

from attnviz.maps import Kind
from attnviz.taps.sources import Trace


class Stage(IntEnum):
    """How far numbers are: copied along an axis; set beside others; features of pairs; one number a pair; weights."""

    COPIED = 0
    BESIDE = 1
    FEATURES = 2
    SCORES = 3
    WEIGHTS = 4


@dataclass(frozen=True)
class Thread:
    """What is known of a tensor on its way.

    `grid`: whether its features are of all pairs, on axes of their own. `changed`: whether weights are no longer the numbers that
    the softmax gave, `blind`: whether it has rows that are NaN because a query may look at nothing. `clean`: what the tensor would
    be without the dropout behind the softmax, and its version then; `dropped`: whether there was one in place. `shape`: the one
    with most axes that the numbers had in this order; `rebuilt`: whether weights were set into another frame; `composed`: whether
    they are a product of weights, as in a pseudo-inverse. `trace`: of the scores; `turned`: whether the places of their
    first factor stand on the last axis now. `met`: where in memory stood what has met values already.
    """

    stage: Stage
    kind: Kind
    grid: bool = False
    changed: bool = False
    blind: bool = False
    version: int | None = None
    clean: tuple[Tensor, int | None] | None = None
    dropped: bool = False
    shape: tuple[int, ...] = ()
    rebuilt: bool = False
    trace: Trace | None = None
    composed: bool = False
    turned: bool = False
    met: set[tuple[int, int, int]] = field(default_factory=set)


@dataclass(frozen=True)
class Taken:
    """Weights that met values, (..., query, key). `tokens`: how many were projected into the queries, 0 where nobody knows."""

    weights: Tensor
    kind: Kind
    changed: bool = False
    blind: bool = False
    softmax: bool = True
    dropped: bool = False
    rebuilt: bool = False
    tokens: int = 0
