"""What the axes before the queries hold: examples, heads, windows of an example, or what nobody can tell."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from attnviz.errors import UnknownShape
from attnviz.taps.place import Place
from attnviz.taps.rows import Arrangement, Rows
from attnviz.weights import Stack, Weights

AXES = ("head", "query", "key")
PLAIN = "its first axis is the batch of the inputs"
UNKNOWN = (
    "nothing tells which rows are whose: the model could not be called once more as a copy, or its rows are of several examples"
)
Pick = Callable[[NDArray[np.int64]], Weights]  # numbers of rows -> (row, query, key)


class Examples(NamedTuple):
    """The axes of one example, which examples are there, the weights of each, what to know of them, and what that rests on.

    `ambiguous`: `weights(0)` is everything, and an axis is called "row".
    """

    axes: tuple[str, ...]
    held: tuple[int, ...]
    weights: Callable[[int], Weights]
    notes: tuple[str, ...]
    evidence: str
    ambiguous: bool = False


def examples(place: Place, rows: Rows, pick: Pick, axes: tuple[str, ...] = AXES) -> Examples:
    """A plain call has one row of heads for each example of the inputs; any other needs evidence, or stays as it is.

    `axes`: those of one example, where it has one row of heads.
    """
    identity = place.identity
    nth = identity.turn(place)
    alone = rows.apart and rows.first == 1 and not identity.sizes  # a model that is called with nothing
    sequence = identity.without_batch and rows.first == 1 and rows.queries in identity.sizes
    if alone or sequence or identity.was_plain(place.layer, rows) or _plain(identity.sizes, rows):
        identity.plain(place.layer, rows)
        return _one_by_one(rows, pick, axes)
    if not rows.apart and identity.sizes == {1}:
        raise UnknownShape(
            f"layer {place.layer}: its first axis of {rows.first} holds heads or parts of a single example, and with one example "
            "nothing can be seen to move apart",
            "call the model with two examples or more, or keep (batch, head, position, feature) apart in the layer",
        )
    found = identity.arrangement(place.layer, nth, rows)
    if found is not None:
        return _arranged(found, pick, axes)
    if _plain(identity.sizes - {1}, rows):
        return _one_by_one(rows, pick, axes)
    every = np.arange(rows.total).reshape(rows.first, rows.heads)
    if not rows.apart:
        return Examples(("row", *AXES[1:]), (0,), lambda _: pick(every.ravel()), (UNKNOWN,), "", ambiguous=True)
    return Examples(("row", *axes), (0,), lambda _: Stack(tuple(map(pick, every))), (UNKNOWN,), "", ambiguous=True)


def _one_by_one(rows: Rows, pick: Pick, axes: tuple[str, ...]) -> Examples:
    heads = rows.heads
    return Examples(axes, tuple(range(rows.first)), lambda i: pick(np.arange(i * heads, (i + 1) * heads)), (), PLAIN)


def _plain(sizes: frozenset[int], rows: Rows) -> bool:
    """Whether the first axis is the batch, heads stand on an axis of their own, and no other size could be taken for it."""
    if sizes != {rows.first} or (rows.tokens and rows.tokens != rows.first * rows.queries):
        return False
    if rows.total > 1 and not rows.tokens and not (rows.apart and (1 in (rows.first, rows.heads) or _outermost(rows.query))):
        return False
    alike = rows.first > 1 and rows.first in (rows.heads, rows.queries)
    return not alike or _outermost(rows.query)


def _outermost(query: Tensor | None) -> bool:
    """Whether memory says that the first of (batch, head, query, feature) is the outermost axis, and heads the inner one."""
    if query is None or query.ndim != 4:
        return False
    batch, head, position, feature = query.stride()
    outer = batch > position if query.shape[2] > 1 else batch >= position
    return outer and position > head >= feature


def _arranged(found: Arrangement, pick: Pick, axes: tuple[str, ...]) -> Examples:
    some = next(iter(found.examples.values()))
    held = tuple(sorted(found.examples))
    if some.ndim == 1 and all(len(rows) == 1 for rows in found.examples.values()):  # a single row is a head by itself
        return Examples(axes, held, lambda i: pick(found.examples[i]), (), found.evidence)
    if some.ndim == 1 and axes != AXES:  # gates have no heads
        note = f"{len(some)} parts of an example, in the order in which the layer had them"
        return Examples(
            ("window", *axes), held, lambda i: Stack(tuple(map(pick, found.examples[i][:, None]))), (note,), found.evidence
        )
    if some.ndim == 1:
        note = "rows of one example: nothing tells whether they are heads or windows"
        return Examples(("row", *AXES[1:]), held, lambda i: pick(found.examples[i]), (note,), found.evidence)
    windows = len(some)
    if windows == 1:
        return Examples(axes, held, lambda i: pick(found.examples[i][0]), (), found.evidence)
    note = f"{windows} windows an example, in the order in which the layer had them"
    return Examples(("window", *axes), held, lambda i: Stack(tuple(map(pick, found.examples[i]))), (note,), found.evidence)
