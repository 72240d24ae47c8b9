"""Muon for convolutions (Jordan et al., 2024, https://kellerjordan.github.io/posts/muon): orthogonalised momentum.

torch.optim.Muon takes matrices only; this one reads a filter bank (out, in, row, column) as the matrix (out, in * row * column)
and keeps each bank at a fixed norm, which is free where a batch norm follows.
"""

from collections.abc import Iterable

import torch
from torch import Tensor

# Coefficients of the quintic whose iteration drives every singular value towards 1.
QUINTIC = (3.4445, -4.7750, 2.0315)


class Muon(torch.optim.Optimizer):
    """Nesterov momentum whose step is the nearest (semi-)orthogonal matrix; `lr` is in units of the bank's norm."""

    def __init__(self, parameters: Iterable[Tensor], lr: float = 0.24, momentum: float = 0.6) -> None:
        super().__init__(parameters, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # noqa: ARG002
        for group in self.param_groups:
            for filters in group["params"]:
                if filters.grad is not None:
                    self._move(filters, group["lr"], group["momentum"])

    def _move(self, filters: Tensor, lr: float, momentum: float) -> None:
        state = self.state[filters]
        buffer = state.setdefault("momentum", torch.zeros_like(filters.grad))  # type: ignore[arg-type]
        buffer.mul_(momentum).add_(filters.grad)
        direction = filters.grad.add(buffer, alpha=momentum)  # type: ignore[union-attr]
        filters.mul_(len(filters) ** 0.5 / filters.norm())
        filters.add_(orthogonalised(direction.flatten(1)).view_as(filters), alpha=-lr)


def orthogonalised(matrix: Tensor, steps: int = 3) -> Tensor:
    """(row, column) -> about U V^T of its singular value decomposition, by Newton-Schulz iteration."""
    a, b, c = QUINTIC
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    x = wide / (wide.norm() + 1e-7)
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x if matrix.shape[0] <= matrix.shape[1] else x.T
