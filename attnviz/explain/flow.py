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


def flow(maps: Iterable[AttentionMap], query: int | None = None, heads: Fused = "mean") -> NDArray[np.float64]:
    """Maps of all self-attention layers, first to last -> (key,): the maximal flow from position `query` of the last layer, or
    from all at once where it is None, to each position of the input.

    Raises NoRollout as `rollout` does, and MapTooLarge above LONGEST positions.
    """
    layers = [step for _, step in steps_of(maps, heads)]
    length = len(layers[0])
    if length > LONGEST:
        raise MapTooLarge(f"attention flow over {length:,} positions, the limit is {LONGEST}", "take a shorter text")
    graph = _pipes(layers)
    tops = range(length) if query is None else [query]
    for top in tops:
        graph.add_edge("from", (len(layers), top), capacity=1.0)
    return np.array([nx.maximum_flow_value(graph, "from", (0, key)) for key in range(length)])


def _pipes(layers: list[Floats]) -> "nx.DiGraph[object]":
    """An edge from each position of a layer to those of the layer below that it looks at."""
    graph = nx.DiGraph()
    for number, weights in enumerate(layers):
        for i, j in zip(*np.nonzero(weights), strict=True):
            graph.add_edge((number + 1, int(i)), (number, int(j)), capacity=float(weights[i, j]))
    return graph
