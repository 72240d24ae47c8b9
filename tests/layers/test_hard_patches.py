"""Patches drawn without replacement: every ordered draw enumerated, on grids small enough for that."""

import itertools

import numpy as np
import pytest
import torch
from torch import Tensor

from attnviz import record
from attnviz.layers.hard import reinforce
from attnviz.layers.hard_patches import PatchPicks, among, drawn, log_odds_in_order

SCORES = torch.tensor([0.3, -1.0, 1.2, 0.0, 0.7], dtype=torch.float64)
MANY = 100_000


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def orders(places: int, count: int) -> Tensor:
    return torch.tensor(list(itertools.permutations(range(places), count)))


def chance(odds: list[float], order: tuple[int, ...]) -> float:
    """Of drawing these places in this order, by the odds of those that are left each time."""
    product, left = 1.0, 1.0
    for place in order:
        product *= odds[place] / left
        left -= odds[place]
    return product


def test_the_odds_of_all_ordered_draws_are_those_of_drawing_one_by_one_and_sum_to_1() -> None:
    odds = SCORES.softmax(-1).tolist()
    for count in (1, 2, 3, 5):
        every = orders(5, count)
        found = log_odds_in_order(SCORES.expand(len(every), 5), every).exp()
        expected = torch.tensor([chance(odds, tuple(order)) for order in every.tolist()], dtype=torch.float64)
        torch.testing.assert_close(found, expected)
        torch.testing.assert_close(found.sum(), torch.tensor(1.0, dtype=torch.float64))


def test_draws_come_in_the_order_and_as_often_as_their_odds_say() -> None:
    every = orders(5, 2)
    made = drawn(SCORES.float().expand(MANY, 5), 2, generator())
    shares = torch.bincount(made[:, 0] * 5 + made[:, 1], minlength=25)[every[:, 0] * 5 + every[:, 1]] / MANY
    expected = log_odds_in_order(SCORES.expand(len(every), 5), every).exp()
    spread = (expected * (1 - expected) / MANY).sqrt()
    assert ((shares - expected).abs() < 4 * spread).all()
    torch.testing.assert_close(shares.sum(), torch.tensor(1.0))


def test_each_place_is_among_three_as_often_as_enumeration_says() -> None:
    every = orders(5, 3)
    odds = log_odds_in_order(SCORES.expand(len(every), 5), every).exp()
    marginal = (odds[:, None] * among(every, 5)).sum(0)
    torch.testing.assert_close(marginal.sum(), torch.tensor(3.0, dtype=torch.float64))
    shares = among(drawn(SCORES.float().expand(MANY, 5), 3, generator(1)), 5).double().mean(0)
    assert ((shares - marginal).abs() < 4 * (marginal * (1 - marginal) / MANY).sqrt()).all()


def test_no_place_is_drawn_twice() -> None:
    picks = among(drawn(torch.randn(500, 64, generator=generator()) * 6, 16, generator()), 64)
    assert picks.sum(-1).tolist() == [16] * 500


def cost(order: Tensor) -> Tensor:
    """A loss of the set, which is no sum over places."""
    weights = torch.tensor([1.0, -2.0, 0.5, 3.0], dtype=torch.float64)
    picks = among(order, 4).double()
    return (picks @ weights - 1).square() + 2.0 * picks[..., 0] * picks[..., 3]


@pytest.mark.parametrize("baseline", [None, torch.tensor(0.0), torch.tensor(2.5)], ids=["others", "none", "constant"])
def test_the_mean_of_reinforce_is_the_true_gradient_by_enumeration(baseline: Tensor | None) -> None:
    """Over every pair of ordered draws, each weighed by its chance: no sampling error is left."""
    every, start = orders(4, 2), SCORES[:4]
    scores = start.clone().requires_grad_()
    expected = (log_odds_in_order(scores.expand(len(every), 4), every).exp() * cost(every)).sum()
    (true,) = torch.autograd.grad(expected, scores)
    total = torch.zeros(4, dtype=torch.float64)
    for pair in itertools.product(range(len(every)), repeat=2):
        order, again = every[list(pair)][:, None], start.clone().requires_grad_()
        log = log_odds_in_order(again.expand(2, 1, 4), order)
        (gradient,) = torch.autograd.grad(reinforce(log, cost(order), baseline), again)
        total += log.detach().sum().exp() * gradient
    torch.testing.assert_close(total, true)


def test_drawing_everything_in_order_has_finite_odds_and_gradients() -> None:
    scores = SCORES.clone().requires_grad_()
    log = log_odds_in_order(scores, torch.tensor([4, 2, 0, 3, 1]))
    (gradient,) = torch.autograd.grad(log, scores)
    assert torch.isfinite(gradient).all()
    torch.testing.assert_close(gradient.sum(), torch.tensor(0.0, dtype=torch.float64))


def test_the_most_probable_draw_is_that_of_the_largest_scores() -> None:
    every = orders(5, 3)
    best = every[log_odds_in_order(SCORES.expand(len(every), 5), every).argmax()]
    picks, _ = PatchPicks(3)(SCORES.view(1, 1, 5))
    assert set(best.tolist()) == set(torch.nonzero(picks[0, 0]).flatten().tolist()) == {0, 2, 4}


def test_picks_emit_the_odds_of_the_first_and_zeros_and_ones() -> None:
    layer, scores = PatchPicks(16), torch.randn(2, 8, 8, generator=generator())
    with record(layer) as tape:
        picks, odds = layer(scores, sample=True, generator=generator())
    assert [(m.layer, m.kind, m.norm, m.axes) for m in tape] == [
        ("odds", "hard", "softmax", ("key_row", "key_column")),
        ("picks", "hard", "binary", ("row", "column")),
    ]
    for i in range(2):
        np.testing.assert_allclose(tape.example(i)["odds"].dense(), scores[i].flatten().softmax(-1).view(8, 8), atol=1e-6)
        np.testing.assert_array_equal(tape.example(i)["picks"].dense(), picks[i])
    torch.testing.assert_close(odds.sum((1, 2)), torch.ones(2))
    assert picks.sum((1, 2)).tolist() == [16, 16]


def test_draws_are_what_each_seed_alone_would_draw() -> None:
    layer, scores = PatchPicks(5), torch.randn(1, 4, 6, generator=generator())
    picks, _ = layer.draws(range(3, 6), scores)
    assert len({tuple(row.flatten().tolist()) for row in picks}) == 3
    for row, seed in enumerate((3, 4, 5)):
        assert torch.equal(picks[row], layer(scores, sample=True, generator=generator(seed))[0][0])
