"""Scoring functions: how well each key answers each query, before any softmax.

All of them are called alike: query (batch, query, feature), key (batch, key, feature) -> scores (batch, query, key).
`SCORES` names them; each is made with the number of features of queries and of keys.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Dot(nn.Module):
    """query . key (Luong et al., 2015, arXiv:1508.04025); both have as many features."""

    def __init__(self, query: int, key: int) -> None:
        super().__init__()
        _same(query, key, "a dot product")

    def forward(self, query: Tensor, key: Tensor) -> Tensor:
        """(batch, query, feature), (batch, key, feature) -> (batch, query, key)."""
        return query @ key.transpose(1, 2)


class ScaledDot(Dot):
    """query . key / sqrt(features) (Vaswani et al., 2017, arXiv:1706.03762): the spread does not grow with the features."""

    def forward(self, query: Tensor, key: Tensor) -> Tensor:
        """(batch, query, feature), (batch, key, feature) -> (batch, query, key)."""
        return super().forward(query, key) / math.sqrt(query.shape[-1])


class General(nn.Module):
    """query . W key (Luong et al., 2015): a bilinear form, so that queries and keys may differ in features."""

    def __init__(self, query: int, key: int) -> None:
        super().__init__()
        self.key = nn.Linear(key, query, bias=False)

    def forward(self, query: Tensor, key: Tensor) -> Tensor:
        """(batch, query, feature), (batch, key, key feature) -> (batch, query, key)."""
        return query @ self.key(key).transpose(1, 2)


class Additive(nn.Module):
    """v . tanh(W query + U key + b) (Bahdanau et al., 2015, arXiv:1409.0473); `width` is the length of v, else that of a query.

    Luong's concat, v . tanh(W [query; key]), is the same with W and U side by side in one matrix.
    """

    def __init__(self, query: int, key: int, width: int | None = None) -> None:
        super().__init__()
        self.query = nn.Linear(query, width or query, bias=False)
        self.key = nn.Linear(key, width or query)
        self.vector = nn.Linear(width or query, 1, bias=False)

    def forward(self, query: Tensor, key: Tensor) -> Tensor:
        """(batch, query, feature), (batch, key, key feature) -> (batch, query, key)."""
        return self.combine(query, self.key(key))

    def combine(self, query: Tensor, projected: Tensor) -> Tensor:
        """The same from keys that went through `self.key`, which a decoder does once and not at every step."""
        hidden = torch.tanh(self.query(query)[:, :, None] + projected[:, None])
        scores: Tensor = self.vector(hidden)
        return scores.squeeze(-1)


class Location(nn.Module):
    """W query (Luong et al., 2015): the score of a place, whatever stands there; `longest` is the most keys it can tell apart."""

    def __init__(self, query: int, key: int, longest: int = 64) -> None:  # noqa: ARG002  (made like all others)
        super().__init__()
        self.places = nn.Linear(query, longest, bias=False)

    def forward(self, query: Tensor, key: Tensor) -> Tensor:
        """(batch, query, feature), (batch, key, any feature) -> (batch, query, key); ValueError with more keys than places."""
        if key.shape[1] > self.places.out_features:
            raise ValueError(f"{key.shape[1]} keys for {self.places.out_features} places: make the layer with a larger longest")
        scores: Tensor = self.places(query)
        return scores[..., : key.shape[1]]


class Cosine(nn.Module):
    """beta * cosine of the angle between query and key (Graves et al., 2014, arXiv:1410.5401); beta > 0 is learned, at first 1."""

    def __init__(self, query: int, key: int) -> None:
        super().__init__()
        _same(query, key, "a cosine")
        self.log_beta = nn.Parameter(torch.zeros(()))

    def forward(self, query: Tensor, key: Tensor) -> Tensor:
        """(batch, query, feature), (batch, key, feature) -> (batch, query, key), each from -beta to beta."""
        return self.log_beta.exp() * (F.normalize(query, dim=-1) @ F.normalize(key, dim=-1).transpose(1, 2))


def _same(query: int, key: int, what: str) -> None:
    if query != key:
        raise ValueError(f"{what} needs as many features in keys ({key}) as in queries ({query}): use general or additive")


SCORES: dict[str, Callable[[int, int], nn.Module]] = {
    "dot": Dot,
    "scaled-dot": ScaledDot,
    "general": General,
    "additive": Additive,
    "location": Location,
    "cosine": Cosine,
}
