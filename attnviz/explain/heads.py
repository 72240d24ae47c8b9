"""Properties of heads, so that one knows where to start looking."""

from collections.abc import Sequence

import numpy as np

from attnviz.weights import Floats


def sharpness(weights: Floats, special: Sequence[bool]) -> float:
    """How decidedly a head looks at distant words: the mean, over rows that are not special, of the largest weight on a
    position that is neither special, nor the row's own, nor directly beside it. From 0, never, to 1, all of every row.

    weights: (query, key) of one sequence with itself; special: one truth value a position.
    """
    content = np.flatnonzero(~np.asarray(special, dtype=bool))
    distance = np.abs(content[:, None] - content)
    distant = np.where(distance > 1, weights[np.ix_(content, content)], 0)
    return float(distant.max(-1).mean()) if distant.size else 0.0
