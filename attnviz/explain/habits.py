"""What heads do, whatever the sentence: they look at the word before, at the word itself, at special tokens, near or far, at few or
at many (Clark et al., 2019, arXiv:1906.04341)."""

from collections.abc import Mapping, Sequence

import numpy as np

from attnviz.explain.spread import spread
from attnviz.weights import Floats

# By what heads can be ranked; of all but the last two a number is a share of a row, from 0 to 1.
HABITS = ("previous", "same", "special", "distance", "spread")


def habits(weights: Floats, special: Sequence[bool]) -> Mapping[str, float]:
    """(query, key) of one head, of a sequence with itself -> its habits, means over the rows of tokens that are not special.

    `previous`: the weight on the position before; `same`: on the row's own; `special`: on all special tokens together;
    `distance`: how many positions away it looks, on average; `spread`: on how many positions the weight spreads, e to the entropy.
    """
    marked = np.asarray(special, dtype=bool)
    rows = np.flatnonzero(~marked)
    if not len(rows):
        return dict.fromkeys(HABITS, 0.0)
    content = weights[rows].astype(np.float64)
    before = rows[rows > 0]
    return {
        "previous": float(weights[before, before - 1].mean()) if len(before) else 0.0,
        "same": float(weights[rows, rows].mean()),
        "special": float(content[:, marked].sum(1).mean()),
        "distance": float((content * np.abs(rows[:, None] - np.arange(weights.shape[1]))).sum(1).mean()),
        "spread": spread(weights[rows]),
    }
