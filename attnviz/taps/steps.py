"""Steps of a generation with a key-value cache, joined along the query axis into one map a layer.

A step belongs to the calls before it where its keys are theirs and those of its own queries: that is how a cache grows. A window
that slides lets go of the oldest keys, and a cache of fixed size has places that no query may look at yet: both show in the keys.
Where query and key were kept, the earlier keys are compared number by number; after a reordered beam they differ, and the
step stays a record of its own. Eager weights show no keys, so they are joined only for a batch of one, where no beam hides.
Cross-attention, whose keys are the same for all beams, is joined where self-attention of the same call of the model was.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from attnviz.maps import Receipt
from attnviz.taps.base import Record, Step
from attnviz.weights import Dense, DotProduct, Rows, Weights

HIDDEN = -1e30  # what masks of numbers add to a score that is not to count
APART = "not joined to the layer's call before: nothing proves that its rows go on from there"


@dataclass(frozen=True)
class Joined:
    """`example(i)` of the steps so far."""

    steps: tuple[Step, ...]

    def __call__(self, example: int) -> Rows:
        keys = self._keys(example)
        parts = tuple(_part(step, example, keys) for step in self.steps)
        return Rows(parts, self.steps[-1].end, tuple(step.start for step in self.steps))

    def part(self, example: int, number: int) -> Weights:
        """Those of one step."""
        return _part(self.steps[number], example, self._keys(example))

    def _keys(self, example: int) -> NDArray[Any] | None:
        """(key head, key, feature) of all positions; None where weights show no keys."""
        newest = self.steps[-1]
        weights = newest.weights[example]
        if not isinstance(weights, DotProduct):
            return None
        last = weights.key[:, : newest.end - newest.start]
        gone = [step.let_go[example] for step in self.steps if step.let_go]
        return np.concatenate(_alike(*gone, last), axis=1) if gone else last


def joined(before: Record, record: Record, others: Iterable[Record]) -> Record | None:
    """One record of both, or None where the later is not the next step of the earlier; `others`: of the same recording."""
    if before.axes != ("head", "query", "key") or record.axes != before.axes or record.held != before.held:
        return None
    steps = before.steps or (_step(before, _seen(before)),)
    newest, crossing = steps[-1], record.kind == "soft"
    end = newest.end if crossing else newest.end + _queries(record)
    last = next((step for step in _readings(record, end) if _continues(newest, step, crossing)), None)
    if last is not None and last.start and not _from_the_start(steps[0]):
        return None
    if last is None or (crossing and not any(_went_on(other, newest, last) for other in others)):
        return None
    before_it = (*(_without_keys(step) for step in steps[:-1]), _without_keys(newest))
    last = replace(last, let_go=_let_go(newest, last))
    every = (*before_it, last)
    note = f"{len(every)} calls with a cache, joined along the queries; keys that were not there yet are zero"
    if last.start:
        note += ", as are those that had left the window"
    receipt = _receipt(before.receipt(), record.receipt())
    return replace(before, steps=every, example=Joined(every), receipt=lambda: receipt, notes=(note,))


def part_of(record: Record, number: int, name: str) -> Record:
    """One of the calls that a record was joined of."""
    step, whole = record.steps[number], Joined(record.steps)
    notes = (f"call {number + 1} of {len(record.steps)} with a cache; its keys are at positions {step.start} to {step.end - 1}",)
    return replace(record, layer=name, example=lambda i: whole.part(i, number), notes=notes, steps=())


def looks_like_step(record: Record) -> bool:
    """Whether a reader could take a record for the step after the one before."""
    if record.ambiguous or record.axes != ("head", "query", "key"):
        return False
    _, queries, keys = record.example(record.held[0]).shape
    return queries < keys


def _receipt(one: Receipt, two: Receipt) -> Receipt:
    def worst(*errors: float | None) -> float | None:
        return max((error for error in errors if error is not None), default=None)

    return replace(
        one, bytes=one.bytes + two.bytes, seconds=one.seconds + two.seconds,
        row_sum_error=worst(one.row_sum_error, two.row_sum_error), output_error=worst(one.output_error, two.output_error),
    )  # fmt: skip


def _queries(record: Record) -> int:
    return record.example(record.held[0]).shape[-2]


def _seen(record: Record) -> int:
    """How many keys there are before those at the end that no query may look at."""
    return max(_last_seen(record.example(i)) for i in record.held)


def _last_seen(weights: Weights) -> int:
    keys = weights.shape[-1]
    if isinstance(weights, Dense):
        shown = weights.array.any(axis=(0, 1))
    elif isinstance(weights, DotProduct) and weights.bias is not None:
        bias = weights.bias
        shown = np.broadcast_to((bias if bias.dtype == np.bool_ else bias > HIDDEN).reshape(-1, bias.shape[-1]).any(0), (keys,))
    else:
        return keys
    return int(np.flatnonzero(shown)[-1]) + 1 if shown.any() else keys


def _step(record: Record, keys: int, end: int | None = None) -> Step:
    """With the first `keys` of its keys, the last of which stands before position `end`."""
    weights = tuple(record.example(i) for i in record.held)
    end = keys if end is None else end
    return Step(weights, end - keys, end, record.turn)


def _readings(record: Record, end: int) -> Iterable[Step]:
    """A step as it is, and without the places at the end that nobody may look at yet."""
    keys = record.example(record.held[0]).shape[-1]
    yield _step(record, keys, end)
    if (seen := _seen(record)) < keys:
        yield _step(record, seen, end)


def _continues(before: Step, step: Step, crossing: bool) -> bool:
    heads, queries, _ = step.weights[0].shape
    known = step.end - step.start if crossing else before.end - step.start
    if heads != before.weights[0].shape[0] or step.start < before.start or known <= 0:
        return False
    if not crossing and step.end - queries - step.start != known:
        return False
    pairs = list(zip(before.weights, step.weights, strict=True))
    if all(isinstance(weights, DotProduct) for pair in pairs for weights in pair):
        first = step.start - before.start
        keys = (_alike(one.key[:, first : first + known], two.key[:, :known]) for one, two in pairs)  # type: ignore[attr-defined]
        return all(np.array_equal(one, two) for one, two in keys)
    return len(pairs) == 1 and step.start == before.start


def _from_the_start(step: Step) -> bool:
    """Whether each key of a first step is one of its queries; where not, and a window slides, nobody knows where its keys stand."""
    return step.weights[0].shape[-2] == step.end - step.start


def _alike(*keys: NDArray[Any]) -> list[NDArray[Any]]:
    """With a key head for each head where one of them has that: a layer may repeat shared keys in some calls only."""
    heads = max(map(len, keys))
    return [key if len(key) == heads else np.repeat(key, heads // len(key), axis=0) for key in keys]


def _went_on(other: Record, before: Step, step: Step) -> bool:
    """Whether self-attention in the same two calls of the model was joined: then each row is of the hypothesis it was of."""
    if other.kind != "self" or len(other.steps) < 2 or len(other.held) != len(step.weights):
        return False
    two = other.steps[-2:]
    queries = [one.weights[0].shape[-2] for one in (*two, before, step)]
    return [one.turn for one in two] == [before.turn, step.turn] and queries[:2] == queries[2:]


def _let_go(before: Step, step: Step) -> tuple[NDArray[Any], ...]:
    gone = step.start - before.start
    if not gone or not isinstance(before.weights[0], DotProduct):
        return ()
    return tuple(weights.key[:, :gone].copy() for weights in before.weights)  # type: ignore[attr-defined]


def _without_keys(step: Step) -> Step:
    """The step without its own copy of keys that the newest has too."""
    if not isinstance(step.weights[0], DotProduct) or not step.weights[0].key.shape[1]:
        return step
    return replace(step, weights=tuple(replace(weights, key=weights.key[:, :0].copy()) for weights in step.weights))  # type: ignore


def _part(step: Step, example: int, keys: NDArray[Any] | None) -> Weights:
    weights, count = step.weights[example], step.end - step.start
    if isinstance(weights, Dense):
        return weights if weights.shape[-1] == count else Dense(weights.array[..., :count])
    if not isinstance(weights, DotProduct) or keys is None:
        return weights
    bias = weights.bias
    bias = bias if bias is None or bias.shape[-1] <= count else bias[..., :count]
    return replace(weights, key=keys[:, step.start : step.end], bias=bias)
