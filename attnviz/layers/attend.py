"""Scores, what makes weights of them, and the values: soft attention mixes values, hard attention takes one."""

import torch
from torch import Tensor, nn

from attnviz.layers.hard import HardChoice, HardPicks, gumbel, straight_through
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


class AttendHard(nn.Module):
    """One value for each query, picked by softmax(score(query, key) / temperature): the most probable, or a sampled one."""

    def __init__(self, query: int, key: int, score: str = "scaled-dot") -> None:
        super().__init__()
        self.scores = SCORES[score](query, key)
        self.pick = HardChoice()

    def forward(
        self, query: Tensor, key: Tensor, value: Tensor, temperature: float = 1.0, *, sample: bool = False,
        generator: torch.Generator | None = None,
    ) -> Tensor:  # fmt: skip
        """(batch, query, feature), (batch, key, key feature), (batch, key, value feature) -> (batch, query, value feature)."""
        choice, _ = self.pick(self.scores(query, key) / temperature, sample=sample, generator=generator)
        return choice @ value


class AttendGumbel(nn.Module):
    """One sampled value for each query, straight through: forward the choice, backward its softmax at a temperature.

    Both are emitted; the temperature changes the softmax and never the choice. See `attnviz.layers.hard.gumbel_choice`.
    """

    def __init__(self, query: int, key: int, score: str = "scaled-dot") -> None:
        super().__init__()
        self.scores = SCORES[score](query, key)
        self.soft = nn.ModuleDict({"probe": Probe("hard", "gumbel", "softmax", ("query", "key"), "odds")})
        self.choice = nn.ModuleDict({"probe": Probe("hard", "gumbel", "onehot", ("query", "key"), "picks")})

    def forward(
        self, query: Tensor, key: Tensor, value: Tensor, temperature: float = 1.0, generator: torch.Generator | None = None
    ) -> Tensor:
        """(batch, query, feature), (batch, key, key feature), (batch, key, value feature) -> (batch, query, value feature)."""
        scores = self.scores(query, key)
        soft = self.soft["probe"](masked_softmax(scores + gumbel(scores, generator), None, temperature))
        return self.choice["probe"](straight_through(soft)) @ value


class AttendPicks(nn.Module):
    """Each step is read or not, on its own: sigmoid(w . x + b) are the odds, and a step that was not picked is 0."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.scores = nn.Linear(features, 1)
        self.pick = HardPicks()

    def forward(self, x: Tensor, *, sample: bool = False, generator: torch.Generator | None = None) -> Tensor:
        """(batch, step, feature) -> the same; without `sample` the most probable picks, those with odds above one half."""
        scores = self.scores(x).squeeze(-1)
        picks, _ = self.pick(scores, torch.ones_like(scores, dtype=torch.bool), sample=sample, generator=generator)
        return x * picks[..., None]
