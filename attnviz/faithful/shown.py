"""From the map in sight to what it says of each part that can be hidden."""

import numpy as np
import torch

from attnviz.explain.curves import Reals
from attnviz.faithful.hiding import Hiding
from attnviz.faithful.methods import of_places, of_tokens
from attnviz.results import PhotoResult, Result, TextResult
from attnviz.weights import Floats


def of_parts(result: Result, weights: Floats, hidden: Hiding) -> Reals | None:
    """(token,), (row, column) or (step,) -> (part,); None where the map is over something else."""
    if isinstance(result, TextResult) and weights.shape == (len(result.encoded.tokens),):
        return of_tokens(weights, result.encoded)
    if isinstance(result, PhotoResult) and weights.ndim == 2 and hidden.grid is not None:
        return of_places(torch.tensor(weights), hidden)
    return weights.astype(np.float64) if weights.shape == (len(hidden.names),) else None
