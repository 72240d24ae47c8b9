"""What weights over places give, and what they cost: where a mask says what they should be, and where there is too much of them."""

import torch
from torch import Tensor
from torch.nn import functional as F

LEAST = 1e-6


def marked(weights: Tensor, masks: Tensor) -> Tensor:
    """Weights and masks, (view, row, column) both -> a scalar: how far weights are from what the masks say, on average.

    Where all of a mask is known, that is the divergence from weights which are even on the thing. Where only a ground is known,
    minus the logarithm of what does not lie on it. Views without a mask, or without a thing, cost nothing.
    """
    known = ~masks.isnan()
    thing = masks.nan_to_num(0.0)
    whole = known.flatten(1).all(1) & (thing.flatten(1).sum(1) > 0)
    partly = ~known.flatten(1).all(1) & known.flatten(1).any(1)
    wanted = thing[whole].flatten(1)
    wanted = wanted / wanted.sum(1, keepdim=True)
    logs = weights[whole].flatten(1).clamp_min(LEAST).log()
    inside = (weights[partly] * ~known[partly]).flatten(1).sum(1)
    costs = torch.cat([F.kl_div(logs, wanted, reduction="none").sum(1), -inside.clamp_min(LEAST).log()])
    return costs.sum() / max(1, len(costs))


def spread(weights: Tensor) -> Tensor:
    """(view, row, column) -> (view,): over which share of the places they are spread, e to the power of their entropy."""
    flat = weights.flatten(1)
    return torch.special.entr(flat).sum(1).exp() / flat.shape[1]


def over(means: Tensor, budget: float, weight: float) -> Tensor:
    """Mean gates (view,) -> how far they are beyond a budget that falls from 1 as `weight` rises; 0 where there are none."""
    return F.relu(means - (1 - weight * (1 - budget))).sum() / max(1, len(means))


def pooled(weights: Tensor, evidence: Tensor) -> Tensor:
    """(view, row, column), (view, channel, row, column) -> (view, channel): the sum over places of weight times evidence."""
    return torch.bmm(evidence.flatten(2), weights.flatten(1)[:, :, None].to(evidence.dtype))[:, :, 0]


def less_moved(weights: Tensor, share: float) -> Tensor:
    """The same weights, which get that share of the gradient that comes from here on."""
    return share * weights + (1 - share) * weights.detach()
