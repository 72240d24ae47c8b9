"""Hard attention over a grid: one map of odds, from which a fixed number of different patches is drawn, one after another.

Each next patch is drawn by the odds of those that are left (Plackett, 1975; Luce, 1959). Adding Gumbel noise to the scores and
taking the largest draws just so, in one step (Kool et al., 2019, arXiv:1903.06059).
"""

import torch
from torch import Tensor

from attnviz.layers.hard import Picker, gumbel
from attnviz.probe import Probe

MECHANISM = "plackett-luce"


class PatchPicks(Picker):
    """Picks `count` patches of a grid. Emits the odds of the first pick, softmax(scores), and the picks, 0 or 1."""

    count: int

    def __init__(self, count: int) -> None:
        super().__init__(
            Probe("hard", MECHANISM, "softmax", ("key_row", "key_column"), "odds"),
            Probe("hard", MECHANISM, "binary", ("row", "column"), "picks"),
        )
        self.count = count

    def forward(self, scores: Tensor, *, sample: bool = False, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """Scores (batch, row, column) -> picks, booleans, and odds, both of the same shape.

        The most probable draw is that of the `count` largest scores.
        """
        flat = scores.flatten(1)
        odds = self.odds["probe"](flat.softmax(-1).view_as(scores))
        order = drawn(flat, self.count, generator) if sample else flat.topk(self.count).indices
        return self.emit(among(order, flat.shape[-1]).view_as(scores)), odds


def drawn(scores: Tensor, count: int, generator: torch.Generator | None = None) -> Tensor:
    """Scores (..., place) -> `count` different places in the order in which they were drawn, (..., count)."""
    return (scores + gumbel(scores, generator)).topk(count).indices


def among(order: Tensor, places: int) -> Tensor:
    """(..., count) places -> (..., place) whether each is among them."""
    return torch.zeros(*order.shape[:-1], places, dtype=torch.bool, device=order.device).scatter(-1, order, True)


def log_odds_in_order(scores: Tensor, order: Tensor) -> Tensor:
    """Log of the odds of drawing these places in this order: (..., place), (..., count) -> (...)."""
    left, total = scores, torch.zeros_like(scores[..., 0])
    for place in order.unbind(-1):
        total = total + scores.gather(-1, place[..., None])[..., 0] - left.logsumexp(-1)
        left = left.scatter(-1, place[..., None], -torch.inf)
    return total
