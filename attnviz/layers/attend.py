"""What all soft attention has in common: scores, a softmax, and the values that it mixes."""

from torch import Tensor, nn

from attnviz.layers.masked_softmax import masked_softmax
from attnviz.layers.scores import SCORES
from attnviz.probe import Probe


class Attend(nn.Module):
    """softmax(score(query, key) / temperature) . value, with one of SCORES and nothing else in between.

    `query`, `key`: numbers of features.
    """

    def __init__(self, query: int, key: int, score: str = "scaled-dot") -> None:
        super().__init__()
        self.scores = SCORES[score](query, key)
        self.probe = Probe("soft", score, "softmax", ("query", "key"))

    def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None, temperature: float = 1.0) -> Tensor:
        """(batch, query, feature), (batch, key, key feature), (batch, key, value feature) -> (batch, query, value feature).

        `mask`: (batch, key), True at keys that may be looked at; a query without any gets zeros.
        """
        seen = None if mask is None else mask[:, None]
        return self.probe(masked_softmax(self.scores(query, key), seen, temperature)) @ value
