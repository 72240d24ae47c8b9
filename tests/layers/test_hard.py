"""Hard attention: sampled choices against their odds, estimators of the gradient against exact enumeration."""

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from attnviz import record
from attnviz.layers.hard import HardChoice, HardPicks, gumbel_choice, log_odds, reinforce, straight_through

SCORES = torch.tensor([[0.3, -1.0, 1.2, 0.0]], dtype=torch.float64)
LOSSES = torch.tensor([1.0, -2.0, 0.5, 3.0], dtype=torch.float64)
MANY = 40_000


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def subsets(count: int) -> Iterator[Tensor]:
    return (torch.tensor([chosen]) for chosen in itertools.product((False, True), repeat=count))


def cost(picks: Tensor) -> Tensor:
    """A loss that is no sum over words: (..., 4) booleans -> (...)."""
    return (picks.double() @ LOSSES - 1).square() + 2.0 * (picks[..., 0] & picks[..., 3])


# --- one key a query


def test_the_most_probable_key_is_chosen_and_its_log_is_that_of_its_odds() -> None:
    scores = torch.randn(2, 3, 5, generator=generator())
    choice, log = HardChoice()(scores)
    assert torch.equal(choice.argmax(-1), scores.argmax(-1))
    assert torch.equal(choice.sum(-1), torch.ones(2, 3))
    torch.testing.assert_close(log, scores.log_softmax(-1).amax(-1))


def test_the_mean_of_sampled_choices_tends_to_the_odds() -> None:
    scores = SCORES.float()[:, None].expand(1, MANY, 4)
    choice, _ = HardChoice()(scores, sample=True, generator=generator())
    odds = SCORES.softmax(-1)[0]
    spread = (odds * (1 - odds) / MANY).sqrt()
    assert ((choice[0].double().mean(0) - odds).abs() < 4 * spread).all()


def test_hidden_keys_are_never_chosen_and_a_query_without_keys_chooses_none() -> None:
    scores = torch.randn(1, 3, 5, generator=generator())
    mask = torch.tensor([[True, False, True, False, False], [False] * 5, [False, False, False, False, True]])
    for seed in range(20):
        choice, log = HardChoice()(scores, mask, sample=True, generator=generator(seed))
        assert (choice[0][~mask] == 0).all()
        assert choice.sum(-1).tolist() == [[1, 0, 1]]
        assert log[0, 1:].tolist() == [0, 0]


def test_the_same_seed_chooses_the_same_and_another_something_else() -> None:
    scores = torch.zeros(1, 20, 6)
    first, again, other = (HardChoice()(scores, sample=True, generator=generator(seed))[0] for seed in (7, 7, 8))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_choice_emits_its_odds_and_one_1_a_query() -> None:
    layer, scores = HardChoice(), torch.randn(1, 3, 5, generator=generator())
    with record(layer) as tape:
        layer(scores, sample=True, generator=generator())
    assert [(m.layer, m.kind, m.norm, m.axes) for m in tape] == [
        ("odds", "hard", "softmax", ("query", "key")),
        ("choice", "hard", "onehot", ("query", "key")),
    ]
    np.testing.assert_allclose(tape["odds"].dense(), scores[0].softmax(-1), atol=1e-6)


# --- any number of keys


def test_the_most_probable_picks_are_those_with_odds_above_one_half() -> None:
    mask = torch.tensor([[True, True, False, True]])
    picks, odds = HardPicks()(torch.tensor([[2.0, -1.0, 5.0, 0.1]]), mask)
    assert picks.tolist() == [[True, False, False, True]]
    torch.testing.assert_close(odds, torch.tensor([[0.880797, 0.268941, 0.0, 0.524979]]))


def test_the_mean_of_sampled_picks_tends_to_the_odds() -> None:
    scores = SCORES.float().expand(MANY, 4)
    picks, odds = HardPicks()(scores, torch.ones(MANY, 4, dtype=torch.bool), sample=True, generator=generator())
    expected = SCORES.sigmoid()[0]
    torch.testing.assert_close(odds[0].double(), expected)
    spread = (expected * (1 - expected) / MANY).sqrt()
    assert ((picks.double().mean(0) - expected).abs() < 4 * spread).all()


def test_draws_are_what_each_seed_alone_would_draw() -> None:
    layer, scores, mask = HardPicks(), torch.randn(1, 30, generator=generator()), torch.ones(1, 30, dtype=torch.bool)
    picks, _ = layer.draws(range(3, 6), scores, mask)
    for row, seed in enumerate((3, 4, 5)):
        assert torch.equal(picks[row], layer(scores, mask, sample=True, generator=generator(seed))[0][0])


def test_picks_emit_their_odds_and_zeros_and_ones() -> None:
    layer = HardPicks("word")
    with record(layer) as tape:
        layer(SCORES.float(), torch.tensor([[True, True, True, False]]))
    assert [(m.layer, m.kind, m.norm, m.axes) for m in tape] == [
        ("odds", "hard", "sigmoid", ("word",)),
        ("picks", "hard", "binary", ("word",)),
    ]
    assert tape["picks"].dense().tolist() == [1, 0, 1, 0]
    assert tape["odds"].dense()[3] == 0


def test_log_odds_of_all_sets_of_picks_are_those_of_independent_coins() -> None:
    mask = torch.ones(1, 4, dtype=torch.bool)
    p = SCORES.sigmoid()[0]
    chances = torch.stack([log_odds(SCORES, picks, mask).exp()[0] for picks in subsets(4)])
    expected = torch.stack([torch.where(picks[0], p, 1 - p).prod() for picks in subsets(4)])
    torch.testing.assert_close(chances, expected)
    torch.testing.assert_close(chances.sum(), torch.tensor(1.0, dtype=torch.float64))


def test_padding_has_no_part_in_the_log_odds() -> None:
    mask = torch.tensor([[True, True, False, False]])
    torch.testing.assert_close(
        log_odds(SCORES, torch.tensor([[True, False, True, False]]), mask),
        log_odds(SCORES[:, :2], torch.tensor([[True, False]]), mask[:, :2]),
    )


# --- estimators


def exact_gradient() -> Tensor:
    """Of the expected cost by the scores, over all 16 sets of picks."""
    scores = SCORES.clone().requires_grad_()
    mask = torch.ones(1, 4, dtype=torch.bool)
    expected = torch.stack([log_odds(scores, picks, mask).exp()[0] * cost(picks)[0] for picks in subsets(4)]).sum()
    (gradient,) = torch.autograd.grad(expected, scores)
    return gradient[0]


@pytest.mark.parametrize("baseline", [None, torch.tensor(0.0), torch.tensor(2.5)], ids=["others", "none", "constant"])
def test_the_mean_of_reinforce_is_the_true_gradient_by_enumeration(baseline: Tensor | None) -> None:
    """Over every pair of samples, each weighed by its chance: no sampling error is left."""
    mask = torch.ones(1, 4, dtype=torch.bool)
    sets = list(subsets(4))
    total = torch.zeros(4, dtype=torch.float64)
    for pair in itertools.product(sets, repeat=2):
        picks, scores = torch.stack(pair), SCORES.clone().requires_grad_()
        log = log_odds(scores, picks, mask)
        (gradient,) = torch.autograd.grad(reinforce(log, cost(picks), baseline), scores)
        total += log.detach().sum().exp() * gradient[0]
    torch.testing.assert_close(total, exact_gradient())


def test_the_mean_of_reinforce_for_one_key_a_query_is_the_true_gradient() -> None:
    scores = SCORES.clone().requires_grad_()
    (expected,) = torch.autograd.grad((scores.softmax(-1) * LOSSES).sum(), scores)
    odds, total = SCORES.softmax(-1)[0], torch.zeros(1, 4, dtype=torch.float64)
    for pair in itertools.product(range(4), repeat=2):
        again = SCORES.clone().requires_grad_()
        log = again.log_softmax(-1)[:, list(pair)].T
        (gradient,) = torch.autograd.grad(reinforce(log, LOSSES[list(pair)][:, None]), again)
        total += odds[list(pair)].prod() * gradient
    torch.testing.assert_close(total, expected)


def test_the_log_of_a_sampled_choice_carries_the_gradient() -> None:
    scores = SCORES.clone().requires_grad_()
    choice, log = HardChoice()(scores[:, None], sample=True, generator=generator())
    (gradient,) = torch.autograd.grad(log.sum(), scores)
    torch.testing.assert_close(gradient, choice[:, 0] - SCORES.softmax(-1))


def test_the_baseline_of_the_other_samples_makes_the_estimate_calmer() -> None:
    mask, sets = torch.ones(1, 4, dtype=torch.bool), list(subsets(4))

    def spread(baseline: Tensor | None) -> float:
        """The exact variance over all pairs, summed over scores."""
        total = 0.0
        for pair in itertools.product(sets, repeat=2):
            picks, scores = torch.stack(pair), SCORES.clone().requires_grad_()
            log = log_odds(scores, picks, mask)
            (gradient,) = torch.autograd.grad(reinforce(log, cost(picks) + 20, baseline), scores)
            total += float(log.detach().sum().exp() * (gradient[0] - exact_gradient()).square().sum())
        return total

    assert spread(None) < 0.2 * spread(torch.tensor(0.0))


def test_one_sample_without_a_baseline_is_refused() -> None:
    with pytest.raises(ValueError, match="draw two or more, or give a baseline"):
        reinforce(torch.zeros(1, 3), torch.zeros(1, 3))


def test_gumbel_chooses_by_the_odds_at_any_temperature() -> None:
    odds = SCORES.softmax(-1)[0]
    spread = (odds * (1 - odds) / MANY).sqrt()
    for temperature in (0.1, 5.0):
        choice = gumbel_choice(SCORES.expand(MANY, 4), temperature=temperature, generator=generator())
        torch.testing.assert_close(choice.sum(-1), torch.ones(MANY, dtype=torch.float64))
        assert ((choice.mean(0) - odds).abs() < 4 * spread).all()


def test_gumbel_goes_backward_as_the_softmax_of_the_disturbed_scores() -> None:
    scores = SCORES.clone().requires_grad_()
    noise = -(-torch.rand(1, 4, generator=generator(), dtype=torch.float64).log()).log()
    (expected,) = torch.autograd.grad((((scores + noise) / 0.7).softmax(-1) * LOSSES).sum(), scores)
    (gradient,) = torch.autograd.grad((gumbel_choice(scores, temperature=0.7, generator=generator()) * LOSSES).sum(), scores)
    torch.testing.assert_close(gradient, expected)


def test_at_a_temperature_to_0_the_soft_choice_is_the_argmax_and_so_is_the_straight_through_one() -> None:
    scores = torch.randn(50, 4, generator=generator(), dtype=torch.float64)
    largest = nn.functional.one_hot(scores.argmax(-1), 4).double()
    torch.testing.assert_close((scores / 1e-4).softmax(-1), largest)
    torch.testing.assert_close(straight_through((scores / 1e-4).softmax(-1)), largest)
    noise = -(-torch.rand(50, 4, generator=generator(3), dtype=torch.float64).log()).log()
    choice = gumbel_choice(scores, temperature=1e-4, generator=generator(3))
    torch.testing.assert_close(choice, nn.functional.one_hot((scores + noise).argmax(-1), 4).double())


def test_gumbel_never_chooses_what_is_hidden() -> None:
    mask = torch.tensor([[False, True, False, True], [False] * 4])
    for seed in range(20):
        choice = gumbel_choice(torch.zeros(2, 4), mask, generator=generator(seed))
        assert (choice[~mask] == 0).all()
        assert choice.sum(-1).tolist() == [1, 0]
