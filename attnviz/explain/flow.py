"""Attention flow (Abnar and Zuidema, 2020, arXiv:2005.00928): the most that can flow from a position back to each input, through
pipes as wide as the attention weights, with the skip connection beside them.
"""

from collections.abc import Iterable

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from attnviz.errors import MapTooLarge
from attnviz.explain.rollout import Fused, steps_of
from attnviz.maps import AttentionMap
from attnviz.weights import Floats

LONGEST = 64
HAIR = 1e-12  # of a pipe: what sums of doubles are off by


def flow(maps: Iterable[AttentionMap], query: int | None = None, heads: Fused = "mean") -> NDArray[np.float64]:
    """Maps of all self-attention layers, first to last -> (key,): the maximal flow from position `query` of the last layer, or
    from all at once where it is None, to each position of the input.

    Raises NoRollout as `rollout` does, and MapTooLarge above LONGEST positions.
    """
    layers = [step for _, step in steps_of(maps, heads)]
    length = len(layers[0])
    if length > LONGEST:
        raise MapTooLarge(f"attention flow over {length:,} positions, the limit is {LONGEST}", "take a shorter text")
    given = np.ones(length) if query is None else np.eye(length)[query]
    return np.array([_most(layers, given, key) for key in range(length)])


def _most(layers: list[Floats], given: NDArray[np.float64], key: int) -> float:
    """No more than what the pipes into the input hold; and just that where a flow is found that fills them."""
    into = layers[0][:, key].astype(np.float64)
    return float(into.sum()) if _can_fill(layers, given, into) else _by_graph(layers, given, key)


def _can_fill(layers: list[Floats], given: NDArray[np.float64], wanted: NDArray[np.float64]) -> bool:
    """Whether (position,) of what the first layer is to pass on can be had, each position asking all that it looks at for a share
    by the width of the pipe; False says nothing."""
    for widths in layers[1:]:
        room = widths.sum(0, dtype=np.float64)
        if (wanted > room * (1 + HAIR)).any():
            return False
        wanted = widths @ np.divide(wanted, room, out=np.zeros_like(room), where=room > 0)
    return bool((wanted <= given + HAIR).all())


def _by_graph(layers: list[Floats], given: NDArray[np.float64], key: int) -> float:
    graph = nx.DiGraph()
    for number, weights in enumerate(layers):
        for i, j in zip(*np.nonzero(weights), strict=True):
            graph.add_edge((number + 1, int(i)), (number, int(j)), capacity=float(weights[i, j]))
    for top in np.flatnonzero(given):
        graph.add_edge("from", (len(layers), int(top)), capacity=float(given[top]))
    return float(nx.maximum_flow_value(graph, "from", (0, key)))
