"""Global and local attention of an encoder-decoder (Luong et al., 2015, arXiv:1508.04025)."""

import torch
from torch import Tensor, nn

from attnviz.layers.masked_softmax import masked_softmax
from attnviz.layers.scores import SCORES
from attnviz.probe import Probe


class Luong(nn.Module):
    """Global attention: softmax of `score` (dot, general, additive; the paper's concat is additive) over all keys."""

    def __init__(self, query: int, key: int, score: str = "general") -> None:
        super().__init__()
        self.scores = SCORES[score](query, key)
        self.probe = Probe("soft", f"luong-{score}", "softmax", ("query", "key"), "alignment")

    def forward(self, query: Tensor, key: Tensor, mask: Tensor | None = None) -> Tensor:
        """(batch, query, feature), (batch, key, key feature), mask (batch, key) -> contexts (batch, query, key feature)."""
        weights = masked_softmax(self.scores(query, key), None if mask is None else mask[:, None])
        return self.probe(weights) @ key


class Local(nn.Module):
    """A softmax over the keys within `reach` of a centre; what lies outside the window gets 0.

    The centre is the position of the query itself (local-m), or predicted: (length - 1) * sigmoid(v . tanh(W query)). Then the
    weights are multiplied by a Gaussian around it of deviation reach / 2, and a row sums to at most 1 (local-p, equations 9
    and 10 of the paper, positions counted from 0).
    """

    def __init__(self, query: int, key: int, reach: float, predict: bool = True, score: str = "general") -> None:
        super().__init__()
        self.reach = reach
        self.scores = SCORES[score](query, key)
        self.position = self.centre = None
        if predict:
            self.position = nn.Sequential(nn.Linear(query, query, bias=False), nn.Tanh(), nn.Linear(query, 1, bias=False))
            self.centre = Probe("soft", "local-p-centre", "sigmoid", ("query",), "centre")
        self.probe = Probe(
            "soft", "local-p" if predict else "local-m", "partial" if predict else "softmax", ("query", "key"), "alignment"
        )  # fmt: skip

    def forward(self, query: Tensor, key: Tensor, mask: Tensor | None = None, first: int = 0) -> Tensor:
        """(batch, query, feature), (batch, key, key feature), mask (batch, key) -> contexts (batch, query, key feature).

        `first`: the position of the first query, for a decoder that goes step by step. Real keys come before padding.
        """
        places = torch.arange(key.shape[1], device=key.device)
        real = mask if mask is not None else torch.ones(key.shape[:2], dtype=torch.bool, device=key.device)
        distance = places - self.centres(query, real.sum(1), first)[:, :, None]
        inside = (distance.abs() <= self.reach) & real[:, None]
        weights = masked_softmax(self.scores(query, key), inside)
        if self.position is not None:
            weights = weights * torch.exp(-2 * (distance / self.reach) ** 2)
        return self.probe(weights) @ key

    def centres(self, query: Tensor, lengths: Tensor, first: int = 0) -> Tensor:
        """(batch, query, feature), (batch,) -> (batch, query) positions, from 0 to length - 1."""
        last = (lengths - 1)[:, None]
        if self.position is None or self.centre is None:
            steps = torch.arange(first, first + query.shape[1], device=query.device)
            return torch.minimum(steps[None].expand(len(query), -1), last)
        return self.centre(self.position(query).squeeze(-1).sigmoid()) * last
