"""How many keys a distribution spreads over."""

import numpy as np

from attnviz.weights import Floats


def spread(weights: Floats) -> float:
    """(..., key) rows that sum to 1 -> e to their entropy, averaged over rows: 1 where one key has all, n where n share alike.

    Rows of zeros look at nothing and are left out; 0 where all are.
    """
    rows = weights.reshape(-1, weights.shape[-1]).astype(np.float64)
    rows = rows[rows.sum(1) > 0]
    if not len(rows):
        return 0.0
    logs = np.log(np.where(rows > 0, rows, 1.0))
    return float(np.exp(-(rows * logs).sum(1)).mean())
