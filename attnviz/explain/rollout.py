"""Attention rollout (Abnar and Zuidema, 2020, arXiv:2005.00928): where a position looks, through all layers.

prediction = predict(load("cifar-vit"), photo)
followed = rollout(prediction.tape)                # ("query", "key"), like one head
over_patches(followed, prediction.grid(followed), 0)   # what CLS was made of, patch by patch
"""

from collections.abc import Iterable, Iterator
from typing import Literal

import numpy as np

from attnviz.errors import MapTooLarge, NoRollout
from attnviz.maps import AttentionMap
from attnviz.weights import Dense, Floats

Fused = Literal["mean", "max", "min"]

FUSED: dict[Fused, np.ufunc] = {"mean": np.add, "max": np.maximum, "min": np.minimum}
LONGEST = 4096
ESTIMATE = (
    "Rollout: an estimate made from all {layers} layers, not one layer's weights. It takes the {heads} of the heads, counts each "
    "skip connection as attention to oneself, and leaves out what values and feed-forward nets do."
)


def rollout(maps: Iterable[AttentionMap], heads: Fused = "mean") -> AttentionMap:
    """Maps of all self-attention layers, first to last, such as a tape -> one map ("query", "key") over their positions.

    In each layer the heads become one, `heads` says how: "mean" as in the paper; "max" keeps what any head looks at, "min" only
    what all look at. The identity is added for the skip connection, rows are made to sum to 1 again, and the layers are
    multiplied. Row i says from which positions of the input the last state of position i may have come, and in which shares.
    One layer is formed at a time. Raises NoRollout where the maps do not all attend over one set of positions, and MapTooLarge
    above LONGEST positions.
    """
    stack = steps_of(maps, heads)
    first, result = next(stack)
    layers = 1
    for _, step in stack:
        result = step @ result
        layers += 1
    labels = {axis: names for axis, names in first.labels.items() if axis != "head"}
    return AttentionMap(
        layer="rollout", kind="self", mechanism="rollout", norm="softmax", axes=("query", "key"), weights=Dense(result),
        labels=labels, notes=(ESTIMATE.format(layers=layers, heads=heads),),
    )  # fmt: skip


def steps_of(maps: Iterable[AttentionMap], heads: Fused = "mean") -> Iterator[tuple[AttentionMap, Floats]]:
    """Each map with its heads made one and the skip connection added, (query, key) with rows that sum to 1; errors as `rollout`."""
    first: AttentionMap | None = None
    for m in maps:
        first = first or m
        _check(m, first)
        yield m, _step(m, heads)
    if first is None:
        raise NoRollout("there are no maps to roll out", "pass a tape, or the maps of its self-attention layers in order")


def _step(m: AttentionMap, heads: Fused) -> Floats:
    """(query, key) of one layer with its skip connection; each row sums to 1, also that of a query that looks at nothing."""
    fused = m.head(0).copy()
    for head in range(1, m.size("head")):
        FUSED[heads](fused, m.head(head), out=fused)
    if heads == "mean":
        fused /= m.size("head")
    fused[np.diag_indices_from(fused)] += 1
    fused /= fused.sum(axis=1, keepdims=True)
    return fused


def _check(m: AttentionMap, first: AttentionMap) -> None:
    """That a map is one of self-attention, over the positions of the first."""
    cure = "pass the maps of the self-attention layers of one stack alone: record(model, layers=...) takes names"
    if m.axes != ("head", "query", "key") or m.norm != "softmax":
        raise NoRollout(f"rollout multiplies heads over query and key, and layer {m.layer} is {m.norm} over {m.axes}", cure)
    if m.size("query") != m.size("key") or m.labels.get("query") != m.labels.get("key"):
        raise NoRollout(f"layer {m.layer} looks from some positions at others, so it has no skip connection to itself", cure)
    if m.shape[1:] != first.shape[1:] or m.labels.get("query") != first.labels.get("query"):
        raise NoRollout(f"layers {first.layer} and {m.layer} do not look at the same positions", cure)
    if m.size("query") > LONGEST:
        raise MapTooLarge(
            f"rollout over {m.size('query'):,} positions multiplies matrices of that side, the limit is {LONGEST:,}",
            "take a shorter text or a smaller photo",
        )
