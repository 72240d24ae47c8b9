"""Steps of a generation with a key-value cache, joined along the query axis into one map a layer.

A step belongs to the calls before it where its keys are theirs and those of its own queries: that is how a cache grows.
Where query and key were kept, the earlier keys are compared number by number; after a reordered beam they differ, and the
step stays a record of its own. Eager weights show no keys, so they are joined only for a batch of one, where no beam hides.
Cross-attention is joined where its keys stay the same while the keys of another layer grow by the same queries.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from attnviz.maps import Receipt
from attnviz.taps.base import Record, Step
from attnviz.weights import DotProduct, Rows, Weights


@dataclass(frozen=True)
class Joined:
    """`example(i)` of the steps so far; the keys of the newest hold those of all."""

    steps: tuple[Step, ...]

    def __call__(self, example: int) -> Rows:
        newest = self.steps[-1].weights[example]
        return Rows(tuple(_with_keys(step.weights[example], newest, step.keys) for step in self.steps), newest.shape[-1])


def joined(before: Record, record: Record, others: Iterable[Record]) -> Record | None:
    """One record of both, or None where the later is not the next step of the earlier; `others`: of the same recording."""
    if before.axes != ("head", "query", "key") or record.axes != before.axes or record.batch != before.batch:
        return None
    first, last = before.steps or (_step(before),), _step(record)
    crossing = record.kind == "soft" and any(_lengths(other.steps) == _lengths((*first, last)) for other in others)
    if not _continues(first[-1], last, grows=not crossing):
        return None
    steps = (*(_without_keys(step, last) for step in first), last)
    note = f"{len(steps)} calls with a cache, joined along the queries; keys that were not there yet are zero"
    receipt = _receipt(before.receipt(), record.receipt())
    return replace(before, steps=steps, example=Joined(steps), receipt=lambda: receipt, notes=(note,))


def _receipt(one: Receipt, two: Receipt) -> Receipt:
    def worst(*errors: float | None) -> float | None:
        return max((error for error in errors if error is not None), default=None)

    return replace(
        one, bytes=one.bytes + two.bytes, seconds=one.seconds + two.seconds,
        row_sum_error=worst(one.row_sum_error, two.row_sum_error), output_error=worst(one.output_error, two.output_error),
    )  # fmt: skip


def _step(record: Record) -> Step:
    weights = tuple(record.example(i) for i in range(record.batch))
    return Step(weights, weights[0].shape[-1])


def _lengths(steps: tuple[Step, ...]) -> tuple[int, ...]:
    return tuple(step.weights[0].shape[-2] for step in steps)


def _continues(before: Step, step: Step, grows: bool) -> bool:
    heads, queries, keys = step.weights[0].shape
    if heads != before.weights[0].shape[0] or keys != before.keys + queries * grows:
        return False
    pairs = list(zip(before.weights, step.weights, strict=True))
    if all(isinstance(weights, DotProduct) for pair in pairs for weights in pair):
        return all(np.array_equal(one.key, two.key[:, : before.keys]) for one, two in pairs)  # type: ignore[attr-defined]
    return len(pairs) == 1


def _without_keys(step: Step, newest: Step) -> Step:
    """The step without its own copy of keys that the newest has too."""
    if step.weights[0].shape[-1] == 0 or not isinstance(newest.weights[0], DotProduct):
        return step
    return replace(step, weights=tuple(_with_keys(weights, weights, 0, copy=True) for weights in step.weights))


def _with_keys(weights: Weights, source: Weights, keys: int, copy: bool = False) -> Weights:
    if not (isinstance(weights, DotProduct) and isinstance(source, DotProduct)):
        return weights
    view = source.key[:, :keys]
    return replace(weights, key=view.copy() if copy else view)
