"""Muon against the singular value decomposition."""

import pytest
import torch
from torch import nn

from attnviz.train.muon import QUINTIC, Muon, Stacked, orthogonalised


def matrix(rows: int, columns: int, values: torch.Tensor, seed: int = 0) -> torch.Tensor:
    """A random matrix with the given singular values."""
    random = torch.Generator().manual_seed(seed)
    u, _ = torch.linalg.qr(torch.randn(rows, rows, generator=random, dtype=torch.float64))
    v, _ = torch.linalg.qr(torch.randn(columns, columns, generator=random, dtype=torch.float64))
    rank = min(rows, columns)
    return u[:, :rank] @ torch.diag(values) @ v[:, :rank].T


@pytest.mark.parametrize(("rows", "columns"), [(6, 6), (4, 9), (9, 4)])
def test_singular_vectors_stay_and_every_singular_value_goes_through_the_quintic(rows: int, columns: int) -> None:
    values = torch.linspace(0.5, 2, min(rows, columns), dtype=torch.float64)
    given = matrix(rows, columns, values)
    u, s, vt = torch.linalg.svd(given, full_matrices=False)
    expected = s / s.norm()
    a, b, c = QUINTIC
    for _ in range(3):
        expected = a * expected + b * expected**3 + c * expected**5
    torch.testing.assert_close(orthogonalised(given), u @ torch.diag(expected) @ vt, atol=1e-6, rtol=0)


@pytest.mark.parametrize(("rows", "columns"), [(6, 6), (4, 9), (9, 4), (16, 144)])
def test_five_steps_bring_singular_values_near_1(rows: int, columns: int) -> None:
    random = torch.randn(rows, columns, generator=torch.Generator().manual_seed(1))
    u, s, vt = torch.linalg.svd(random, full_matrices=False)
    found = orthogonalised(random, steps=5)
    near = torch.diag(u.T @ found @ vt.T)[s > 0.1 * s.max()]
    assert near.min() > 0.6
    assert near.max() < 1.3


def test_a_zero_gradient_gives_a_zero_direction() -> None:
    assert torch.equal(orthogonalised(torch.zeros(3, 4)), torch.zeros(3, 4))


def test_a_step_sets_the_norm_and_moves_against_the_orthogonalised_nesterov_momentum() -> None:
    torch.manual_seed(0)
    bank = nn.Parameter(torch.randn(4, 3, 3, 3))
    start = bank.detach().clone()
    optimizer = Muon([bank], lr=0.1, momentum=0.6)
    gradients, buffer = torch.randn(2, 4, 3, 3, 3), torch.zeros(4, 3, 3, 3)
    expected = start
    for gradient in gradients:
        bank.grad = gradient.clone()
        optimizer.step()
        buffer = 0.6 * buffer + gradient
        direction = orthogonalised((gradient + 0.6 * buffer).reshape(4, 27)).reshape(4, 3, 3, 3)
        expected = expected * 2 / expected.norm() - 0.1 * direction  # the norm of four filters is the root of 4
    torch.testing.assert_close(bank.detach(), expected)


def test_a_bank_without_a_gradient_stays() -> None:
    bank = nn.Parameter(torch.ones(2, 1, 3, 3))
    Muon([bank]).step()
    assert torch.equal(bank.detach(), torch.ones(2, 1, 3, 3))


def test_matrices_side_by_side_move_as_torch_moves_each() -> None:
    torch.manual_seed(0)
    shapes = ((6, 4), (4, 6), (6, 4), (3, 3))
    ours, theirs = ([torch.nn.Parameter(matrix.clone()) for matrix in drawn] for drawn in [[torch.randn(s) for s in shapes]] * 2)
    options = {"lr": 0.1, "weight_decay": 0.1, "adjust_lr_fn": "match_rms_adamw"}
    made, given = Stacked(ours, **options), torch.optim.Muon(theirs, **options)
    for _ in range(4):
        for a, b in zip(ours, theirs, strict=True):
            a.grad = torch.randn_like(a)
            b.grad = a.grad.clone()
        made.step()
        given.step()
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b, atol=1e-2, rtol=0)  # a twentieth of the way, for both iterate in bfloat16
