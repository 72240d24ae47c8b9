"""What many draws of one input came to."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Samples:
    """What a net with hard attention picked by chance, again and again. Sample i is what `predict` gives with seed + i.

    For a text `odds` (word,), `picks` (sample, word) of booleans, `probabilities` (sample, label); for a photo the same with
    (row, column) of patches instead of words.
    """

    odds: NDArray[np.float32]
    picks: NDArray[np.bool_]
    probabilities: NDArray[np.float64]
