"""Whether an input is like those that a model learned from, by the model's own logits."""

import torch
from torch import Tensor

KEPT = 0.95  # share of held-out inputs that count as familiar


def familiarity(logits: Tensor) -> Tensor:
    """(..., label) -> (...): log of the sum of e to the logits, high where some label is spoken for (Liu et al., 2020,
    "Energy-based out-of-distribution detection", arXiv:2010.03759), less their mean: what moves all logits alike moves no
    probability, and says nothing."""
    logits = logits.double()
    return logits.logsumexp(-1) - logits.mean(-1)


def least_familiar(logits: Tensor, kept: float = KEPT) -> float:
    """(example, label) of held-out inputs -> the familiarity that a share of `kept` of them has or exceeds."""
    return float(torch.quantile(familiarity(logits), 1 - kept, interpolation="lower"))
