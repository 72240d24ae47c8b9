"""Attention that knows what a key is to a query (Shaw et al., 2018, arXiv:1803.02155), and whose values are handed to it."""

import torch
from torch import Tensor, nn

from attnviz.probe import Probe


class Relative(nn.Module):
    """Weights over all keys and all heads at once: softmax(query . (key + relation) / sqrt(feature)) in each head, times its share.

    The shares of the heads are a softmax too, so that all weights of a query sum to 1, and those of one head to its share.
    """

    def __init__(self, width: int, heads: int, relations: int, role: str = "") -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.relation = nn.Linear(width, width), nn.Linear(width, width), nn.Linear(relations, width)
        self.shares = nn.Linear(width, heads)
        self.probe = Probe("soft", "relative", "partial", ("head", "query", "key"), role)

    def forward(self, asking: Tensor, memory: Tensor, relations: Tensor) -> Tensor:
        """(batch, query, width), (batch, key, width), (batch, query, key, relation) -> (batch, head, query, key)."""
        queries, keys = (self._split(part(x)) for part, x in ((self.query, asking), (self.key, memory)))
        # A query's product with an embedded relation is its product with the embedding's rows, times the relation.
        asked = torch.einsum("bhqf,hfr->bhqr", queries, self.relation.weight.view(self.heads, -1, relations.shape[-1]))
        scores = (queries @ keys.transpose(2, 3) + torch.einsum("bhqr,bqkr->bhqk", asked, relations)) / queries.shape[-1] ** 0.5
        shares = self.shares(asking).softmax(-1).transpose(1, 2)
        return self.probe(scores.softmax(-1) * shares[..., None])

    def _split(self, states: Tensor) -> Tensor:
        return states.view(*states.shape[:2], self.heads, -1).transpose(1, 2)
