"""Masked softmax against torch's softmax of the keys that are left, and by hand."""

import math

import pytest
import torch

from attnviz.layers.masked_softmax import masked_softmax

SCORES = torch.randn(3, 4, 6, generator=torch.Generator().manual_seed(0)) * 4
MASK = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 0, 1, 0, 1, 0], [0, 0, 0, 0, 0, 1]], dtype=torch.bool)[:, None]


def test_without_a_mask_it_is_torchs_softmax() -> None:
    torch.testing.assert_close(masked_softmax(SCORES), SCORES.softmax(-1))


def test_a_mask_leaves_the_softmax_of_the_keys_that_are_left() -> None:
    weights = masked_softmax(SCORES, MASK)
    for i in range(3):
        seen = MASK[i, 0]
        torch.testing.assert_close(weights[i][:, seen], SCORES[i][:, seen].softmax(-1))
        assert (weights[i][:, ~seen] == 0).all()


def test_numbers_by_hand() -> None:
    scores = torch.tensor([[0.0, math.log(3), 50.0]])
    mask = torch.tensor([True, True, False])
    torch.testing.assert_close(masked_softmax(scores, mask), torch.tensor([[0.25, 0.75, 0.0]]))
    torch.testing.assert_close(masked_softmax(scores, mask, temperature=0.5), torch.tensor([[0.1, 0.9, 0.0]]))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("temperature", [1e-3, 1.0, 100.0])
@pytest.mark.parametrize("hidden", [0.0, math.nan, math.inf, -math.inf])
def test_a_row_that_may_look_at_nothing_is_zeros_and_so_is_its_gradient(
    dtype: torch.dtype, temperature: float, hidden: float
) -> None:
    scores = torch.full((2, 3), hidden, dtype=dtype)
    scores[1, 2] = 1.0
    scores.requires_grad_()
    weights = masked_softmax(scores, torch.tensor([[False] * 3, [False, False, True]]), temperature)
    assert weights.tolist() == [[0, 0, 0], [0, 0, 1]]
    (weights * torch.arange(3)).sum().backward()
    assert scores.grad is not None
    assert (scores.grad == 0).all()


def test_a_score_of_minus_infinity_hides_its_key_without_a_mask() -> None:
    scores = torch.tensor([[-math.inf, 1.0, 1.0], [-math.inf] * 3], requires_grad=True)
    weights = masked_softmax(scores)
    assert weights.tolist() == [[0, 0.5, 0.5], [0, 0, 0]]
    (weights * torch.arange(3)).sum().backward()
    torch.testing.assert_close(scores.grad, torch.tensor([[0.0, -0.25, 0.25], [0, 0, 0]]))


def test_the_gradient_is_that_of_finite_differences() -> None:
    scores = SCORES.double().requires_grad_()
    assert torch.autograd.gradcheck(lambda s: masked_softmax(s, MASK, 0.7), (scores,))


def test_temperature_runs_from_the_largest_to_the_even() -> None:
    largest = torch.nn.functional.one_hot(SCORES.argmax(-1), 6).float()
    torch.testing.assert_close(masked_softmax(SCORES, temperature=1e-4), largest)
    torch.testing.assert_close(
        masked_softmax(SCORES, MASK, temperature=1e6), (MASK / MASK.sum(-1, True)).expand(3, 4, 6), atol=1e-4, rtol=0
    )


@pytest.mark.parametrize("temperature", [0.0, -1.0, math.nan])
def test_a_temperature_that_is_not_above_0_is_refused(temperature: float) -> None:
    with pytest.raises(ValueError, match="not above 0"):
        masked_softmax(SCORES, temperature=temperature)
