"""Explanations by gradients: of what was decided, by the input that the model is smooth in (embeddings, pixels or numbers)."""

from collections.abc import Callable

import torch
from torch import Tensor

Score = Callable[[Tensor], Tensor]
"""(point, *input) -> (point,) what is given to the decision, a logit for example; each point by itself."""

STEPS = 32
TOGETHER = 1 << 21  # numbers at once: more photos would not stay in a processor's cache


def gradient_x_input(score: Score, given: Tensor) -> Tensor:
    """(1, *input) -> the same: the gradient times the input (Shrikumar et al., 2016, arXiv:1605.01713)."""
    return _gradient(score, given) * given


def integrated_gradients(score: Score, given: Tensor, baseline: Tensor, steps: int = STEPS) -> Tensor:
    """(1, *input) and what stands for nothing, of the same shape -> the same (Sundararajan et al., 2017, arXiv:1703.01365).

    The mean gradient along the straight line from the baseline, by Gauss-Legendre quadrature at `steps` points, times the way.
    The sum is score(given) - score(baseline), but for the error of the quadrature.
    """
    nodes, weights = _legendre(steps)
    shape = (-1, *[1] * (given.ndim - 1))
    points = baseline + nodes.view(shape).to(given) * (given - baseline)
    some = max(1, TOGETHER // given.numel())
    parts = zip(torch.split(points, some), torch.split(weights.view(shape).to(given), some), strict=True)
    mean = sum(((_gradient(score, each) * weight).sum(0, keepdim=True) for each, weight in parts), torch.zeros_like(given))
    return mean * (given - baseline)


def _gradient(score: Score, points: Tensor) -> Tensor:
    with torch.enable_grad():
        points = points.detach().requires_grad_(True)
        (found,) = torch.autograd.grad(score(points).sum(), points)
    return found


def _legendre(steps: int) -> tuple[Tensor, Tensor]:
    """Nodes and weights on [0, 1]."""
    import numpy as np

    nodes, weights = np.polynomial.legendre.leggauss(steps)
    return torch.from_numpy((nodes + 1) / 2), torch.from_numpy(weights / 2)
