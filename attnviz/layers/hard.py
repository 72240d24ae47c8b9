"""Hard attention: something is picked, and only what was picked goes on (Xu et al., 2015, arXiv:1502.03044).

A sampled choice has no gradient. `reinforce` gives one that is right on average (Williams, 1992); the straight-through
Gumbel estimator (Jang et al., 2017, arXiv:1611.01144; Maddison et al., 2017, arXiv:1611.00712) gives one that is wrong
on average, but calm. Random numbers come from the caller's generator: the same seed, the same picks.
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from attnviz.layers.masked_softmax import masked_softmax
from attnviz.probe import Probe

LEAST = 1e-20


class HardChoice(nn.Module):
    """Each query picks one key. Emits the odds, softmax(scores), and the choice, one 1 among zeros."""

    def __init__(self) -> None:
        super().__init__()
        self.odds = nn.ModuleDict({"probe": Probe("hard", "categorical", "softmax", ("query", "key"), "odds")})
        self.choice = nn.ModuleDict({"probe": Probe("hard", "categorical", "onehot", ("query", "key"), "picks")})

    def forward(
        self, scores: Tensor, mask: Tensor | None = None, *, sample: bool = False, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Scores (batch, query, key), mask True at keys that may be picked -> choice and log of its odds (batch, query).

        The choice is (batch, query, key), the most probable key or a sampled one. A query without keys picks none; its
        log is 0.
        """
        odds = self.odds["probe"](masked_softmax(scores, mask))
        rows = odds.detach().flatten(0, 1)
        none = rows.sum(-1) == 0
        filled = rows.masked_fill(none[:, None], 1.0)
        picked = torch.multinomial(filled, 1, generator=generator)[:, 0] if sample else filled.argmax(-1)
        choice = nn.functional.one_hot(picked, scores.shape[-1]).to(odds.dtype).masked_fill(none[:, None], 0.0)
        choice = self.choice["probe"](choice.view_as(odds))
        return choice, ((odds * choice).sum(-1) + none.view(odds.shape[:-1])).clamp_min(LEAST).log()


class Picker(nn.Module):
    """Picks some of many, by odds that it shows with the picks. A kind of picking says what it takes, and how it picks."""

    def __init__(self, odds: Probe, picks: Probe) -> None:
        super().__init__()
        self.odds = nn.ModuleDict({"probe": odds})
        self.picks = nn.ModuleDict({"probe": picks})

    forward: Callable[..., tuple[Tensor, Tensor]]
    """Scores, `sample` and `generator` -> picks of booleans, and odds, both (batch, ...)."""

    def draws(self, seeds: Iterable[int], *given: Tensor) -> tuple[Tensor, Tensor]:
        """What `forward` samples for one example with a generator of each seed, (seed, ...) of booleans, and odds (1, ...)."""
        made = [self(*given, sample=True, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
        return torch.cat([picks for picks, _ in made]), made[0][1]

    def emit(self, picks: Tensor) -> Tensor:
        """Shows picks, sampled here or given from outside, to whoever records: (batch, ...) of booleans -> the same."""
        self.picks["probe"](picks.float())
        return picks


class HardPicks(Picker):
    """Each key is picked or not, on its own. Emits the odds, sigmoid(scores), and the picks, 0 or 1.

    `axis` names what is picked from.
    """

    def __init__(self, axis: str = "key") -> None:
        super().__init__(
            Probe("hard", "bernoulli", "sigmoid", (axis,), "odds"), Probe("hard", "bernoulli", "binary", (axis,), "picks")
        )  # fmt: skip

    def forward(
        self, scores: Tensor, mask: Tensor, *, sample: bool = False, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """Scores (batch, key), mask True at keys that may be picked -> picks (batch, key) of booleans, and odds.

        The most probable picks are those with odds above one half.
        """
        odds = self.odds["probe"](scores.sigmoid().masked_fill(~mask, 0.0))
        chance = torch.rand(odds.shape, generator=generator).to(odds.device) if sample else 0.5
        return self.emit(odds > chance), odds


def log_odds(scores: Tensor, picks: Tensor, mask: Tensor) -> Tensor:
    """Log of the odds of a whole set of independent picks: (..., key), booleans, booleans -> (...)."""
    signed = torch.where(picks, scores, -scores)
    return nn.functional.logsigmoid(signed).masked_fill(~mask, 0.0).sum(-1)


def reinforce(log_probability: Tensor, loss: Tensor, baseline: Tensor | None = None) -> Tensor:
    """A scalar whose gradient is, on average, that of the expected loss by what the samples were drawn from.

    log_probability, loss: (sample, batch). Without a `baseline`, which broadcasts to them and must not depend on the sample,
    it is the mean loss of the other samples (Kool et al., 2019), of which there must be at least two.
    """
    loss = loss.detach()
    if baseline is None:
        if len(loss) < 2:
            raise ValueError("one sample has no others to be held against: draw two or more, or give a baseline")
        baseline = (loss.sum(0) - loss) / (len(loss) - 1)
    return ((loss - baseline.detach()) * log_probability).mean()


def gumbel_choice(
    scores: Tensor, mask: Tensor | None = None, temperature: float = 1.0, generator: torch.Generator | None = None
) -> Tensor:
    """Straight through: forward a sampled one-hot choice, backward the softmax of the disturbed scores; (..., key) to the same.

    The choice has the odds softmax(scores) at any temperature; a low one brings the gradient close to that of the choice.
    """
    return straight_through(masked_softmax(scores + gumbel(scores, generator), mask, temperature))


def gumbel(scores: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Noise of the shape of `scores`: -log(-log(chance)). Whoever is largest after it is added was sampled from softmax(scores)."""
    chance = torch.rand(scores.shape, generator=generator, dtype=scores.dtype).to(scores.device).clamp_min(LEAST)
    return -(-chance.log()).clamp_min(LEAST).log()


def straight_through(soft: Tensor) -> Tensor:
    """Forward the largest of each row as 1 among zeros, backward as if it were `soft`; a row of zeros stays one."""
    hard = nn.functional.one_hot(soft.argmax(-1), soft.shape[-1]).to(soft.dtype) * (soft.sum(-1, keepdim=True) > 0)
    return hard + (soft - soft.detach())
