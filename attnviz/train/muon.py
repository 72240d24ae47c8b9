"""Muon for convolutions and for many matrices (Jordan et al., 2024, https://kellerjordan.github.io/posts/muon).

Its steps are orthogonalised momentum. torch.optim.Muon takes matrices only, one after another. `Muon` reads a filter bank
(out, in, row, column) as the matrix (out, in * row * column) and keeps each bank at a fixed norm, which is free where a batch norm
follows; `Stacked` takes all matrices of one shape at once.
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


class Stacked(torch.optim.Muon):
    """torch.optim.Muon with adjust_lr_fn="match_rms_adamw", its steps for all matrices of one shape in one go.

    A GPU takes a thousand small products, each of them soon done, one after another; so few large ones are several times faster.
    """

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # noqa: ARG002
        for group in self.param_groups:
            alike: dict[torch.Size, list[Tensor]] = {}
            for matrix in group["params"]:
                if matrix.grad is not None:
                    alike.setdefault(matrix.shape, []).append(matrix)
            for shape, matrices in alike.items():
                rate, momentum = float(group["lr"]), group["momentum"]
                move = orthogonalised(self._direction(matrices, momentum).bfloat16(), group["ns_steps"]).to(matrices[0].dtype)
                torch._foreach_mul_(matrices, 1 - rate * group["weight_decay"])
                torch._foreach_add_(matrices, list(move.unbind()), alpha=-0.2 * max(shape) ** 0.5 * rate)

    def _direction(self, matrices: list[Tensor], momentum: float) -> Tensor:
        """(matrix, row, column) of Nesterov's momentum."""
        gradients = torch.stack([matrix.grad for matrix in matrices])  # type: ignore[misc]
        buffers = [self.state[matrix].setdefault("momentum_buffer", torch.zeros_like(matrix)) for matrix in matrices]
        torch._foreach_lerp_(buffers, list(gradients.unbind()), 1 - momentum)
        return gradients.lerp(torch.stack(buffers), momentum)


def orthogonalised(matrix: Tensor, steps: int = 3) -> Tensor:
    """(..., row, column) -> about U V^T of each singular value decomposition, by Newton-Schulz iteration."""
    a, b, c = QUINTIC
    wide = matrix if matrix.shape[-2] <= matrix.shape[-1] else matrix.mT
    x = wide / (wide.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x if matrix.shape[-2] <= matrix.shape[-1] else x.mT
