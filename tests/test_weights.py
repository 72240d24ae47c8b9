"""DotProduct against torch's own softmax(Q K^T)."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from attnviz.weights import Dense, DotProduct, softmax

QUERY = torch.randn(4, 6, 8, generator=torch.Generator().manual_seed(0))
KEY = torch.randn(4, 9, 8, generator=torch.Generator().manual_seed(1))
SHOWN = torch.rand(4, 6, 9, generator=torch.Generator().manual_seed(2)) > 0.4
BIAS = torch.randn(4, 6, 9, generator=torch.Generator().manual_seed(3))


def eager(query: Tensor, key: Tensor, scale: float, bias: Tensor | None = None) -> np.ndarray:
    scores = query.double() @ key.double().transpose(-1, -2) * scale
    return (scores if bias is None else scores + bias.double()).softmax(-1).numpy()


def hidden(shown: Tensor) -> Tensor:
    return torch.zeros(shown.shape).masked_fill(~shown, -torch.inf)


@pytest.mark.parametrize("scale", [8**-0.5, 1.0, 0.01])
def test_weights_are_softmax_of_scaled_products(scale: float) -> None:
    weights = DotProduct(QUERY.numpy(), KEY.numpy(), scale)
    assert weights.shape == (4, 6, 9)
    assert weights.dense().dtype == np.float32
    np.testing.assert_allclose(weights.dense(), eager(QUERY, KEY, scale), atol=1e-6)


BIASES: dict[str, Tensor] = {
    "a bias a head": BIAS,
    "a bias for all heads": BIAS[:1],
    "a bias without heads": BIAS[0],
    "one row for all queries": BIAS[:, :1],
    "one row for all": BIAS[:1, :1],
    "hidden keys": hidden(SHOWN),
    "padding": hidden(torch.tensor([[[True] * 5 + [False] * 4]])),
}


@pytest.mark.parametrize("bias", BIASES.values(), ids=BIASES)
def test_a_bias_is_added_to_the_scores(bias: Tensor) -> None:
    weights = DotProduct(QUERY.numpy(), KEY.numpy(), 0.5, bias.numpy())
    expected = eager(QUERY, KEY, 0.5, bias)
    np.testing.assert_allclose(weights.dense(), expected, atol=1e-6)
    np.testing.assert_allclose(weights.window(2, [5, 1], [8, 0]), expected[2][[5, 1]][:, [8, 0]], atol=1e-6)


def test_a_causal_query_sees_no_key_behind_its_own_place() -> None:
    weights = DotProduct(QUERY.numpy(), KEY.numpy(), 0.5, causal=True)
    expected = eager(QUERY, KEY, 0.5, hidden(torch.ones(6, 9).tril().bool()))
    np.testing.assert_allclose(weights.dense(), expected, atol=1e-6)
    np.testing.assert_allclose(weights.window(0, [4], slice(None)), expected[0][[4]], atol=1e-6)


def test_causal_and_bias_count_together() -> None:
    bias = hidden(torch.ones(6, 9).tril().bool()) + BIAS
    weights = DotProduct(QUERY.numpy(), KEY.numpy(), 0.5, BIAS.numpy(), causal=True)
    np.testing.assert_allclose(weights.dense(), eager(QUERY, KEY, 0.5, bias), atol=1e-6)


@pytest.mark.parametrize("key_heads", [1, 2, 4])
def test_consecutive_heads_share_a_key_head(key_heads: int) -> None:
    key = KEY[:key_heads]
    weights = DotProduct(QUERY.numpy(), key.numpy(), 0.5)
    expected = eager(QUERY, key.repeat_interleave(4 // key_heads, dim=0), 0.5)
    np.testing.assert_allclose(weights.dense(), expected, atol=1e-6)


@pytest.mark.parametrize("kind", [np.float16, np.float64])
def test_other_precisions_are_computed_in_single(kind: Any) -> None:
    query, key = QUERY.numpy().astype(kind), KEY.numpy().astype(kind)
    expected = eager(torch.from_numpy(query), torch.from_numpy(key), 0.5)
    np.testing.assert_allclose(DotProduct(query, key, 0.5).dense(), expected, atol=1e-6)


def test_a_query_that_sees_nothing_gets_a_row_of_zeros() -> None:
    bias = np.zeros((1, 6, 9), np.float32)
    bias[:, 2] = -np.inf
    weights = DotProduct(QUERY.numpy(), KEY.numpy(), 0.5, bias).dense()
    assert (weights[:, 2] == 0).all()
    np.testing.assert_allclose(weights[:, [0, 1, 3, 4, 5]].sum(-1), 1, atol=1e-6)


def test_softmax_of_large_scores_does_not_overflow() -> None:
    assert softmax(np.array([[1e30, 0], [-1e30, -1e30]], np.float32)).tolist() == [[1, 0], [0.5, 0.5]]


def test_softmax_worked_out_by_hand() -> None:
    scores = np.log(np.array([[1, 2, 5], [3, 3, 2]], np.float32))
    np.testing.assert_allclose(softmax(scores), [[0.125, 0.25, 0.625], [0.375, 0.375, 0.25]], rtol=1e-6)


def test_a_dense_array_is_a_read_only_view_in_single_precision() -> None:
    given = np.ones((1, 1, 2), np.float64) / 2
    kept = Dense(given).array
    assert kept.dtype == np.float32
    assert not kept.flags.writeable
    assert given.flags.writeable


@pytest.mark.parametrize("formed", [1, 70, 1 << 22])
def test_a_tall_window_is_the_same_in_bands(monkeypatch: pytest.MonkeyPatch, formed: int) -> None:
    monkeypatch.setattr("attnviz.weights.FORMED", formed)
    random = np.random.default_rng(3)
    query, key = (random.standard_normal((2, 33, 4)).astype(np.float32) for _ in range(2))
    weights = DotProduct(query, key, 0.5, causal=True)
    scores = np.where(np.tri(33, dtype=bool), query[1] @ key[1].T * 0.5, -np.inf)
    expected = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    assert weights.window(1, slice(None), [3, 7]) == pytest.approx(expected[:, [3, 7]], abs=1e-6)
    assert weights.window(1, [30, 2], slice(1, 5)) == pytest.approx(expected[[30, 2], 1:5], abs=1e-6)
