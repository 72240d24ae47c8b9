"""The rows of one call, and what is found out about them: whose they are, and which are the heads of one example."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Table = NDArray[np.int64]


class Arrangement(NamedTuple):
    """`examples`: for each that is there, the numbers of its rows, (window, head), or (row,) where nothing more is known."""

    examples: dict[int, Table]
    evidence: str


class Rows(NamedTuple):
    """Those of one call: `first` times `heads` of them, of `queries` each. `apart`: whether `heads` is an axis of its own.

    `tokens`: how many were projected into the queries, 0 where that is not known; `query`: the tensor, where there is one.
    """

    first: int
    heads: int
    queries: int
    tokens: int = 0
    query: Tensor | None = None
    apart: bool = True

    @property
    def total(self) -> int:
        return self.first * self.heads

    def hide_heads(self, features: NDArray[np.int64] | None) -> bool:
        """Whether each token asks more often than there are heads by their features: some of them stand among the queries."""
        if not self.tokens or (features is None and not self.apart):
            return False
        times, left = divmod(self.total * self.queries, self.tokens)
        return not left and times > (self.heads if features is None else len(np.unique(features)))
