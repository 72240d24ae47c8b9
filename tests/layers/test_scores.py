"""Scoring functions against loops over queries and keys, torch's own kernels, and each other."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from attnviz.layers.scores import SCORES, Additive, Cosine, Dot, General, Location, ScaledDot

DRAW = torch.Generator().manual_seed(0)
QUERY, KEY, OTHER = (torch.randn(2, length, features, generator=DRAW) for length, features in ((3, 6), (5, 6), (5, 4)))
Vector = np.ndarray[tuple[int], np.dtype[np.float64]]


def one_by_one(score: Callable[[Vector, Vector], float], key: torch.Tensor) -> np.ndarray:
    """`score` of every query with every key, in float64."""
    queries, keys = QUERY.double().numpy(), key.double().numpy()
    return np.array([[[score(q, k) for k in keys[i]] for q in queries[i]] for i in range(len(queries))])


def matrix(layer: nn.Linear) -> np.ndarray:
    return layer.weight.detach().double().numpy()


def test_dot_is_the_product_of_each_query_with_each_key() -> None:
    np.testing.assert_allclose(Dot(6, 6)(QUERY, KEY), one_by_one(np.dot, KEY), atol=1e-5)


def test_scaled_dot_is_what_torch_attends_with() -> None:
    value = torch.randn(2, 5, 7, generator=DRAW)
    mine = ScaledDot(6, 6)(QUERY, KEY).softmax(-1) @ value
    torch.testing.assert_close(mine, F.scaled_dot_product_attention(QUERY, KEY, value))


def test_general_is_a_bilinear_form() -> None:
    layer = General(6, 4)
    expected = one_by_one(lambda q, k: float(q @ matrix(layer.key) @ k), OTHER)
    np.testing.assert_allclose(layer(QUERY, OTHER).detach(), expected, atol=1e-5)
    bilinear = F.bilinear(QUERY[:, :1].expand(2, 5, 6).contiguous(), OTHER, layer.key.weight[None])
    torch.testing.assert_close(layer(QUERY, OTHER)[:, 0], bilinear[..., 0])


def test_additive_is_the_formula_of_bahdanau() -> None:
    layer = Additive(6, 4, width=8)
    bias, vector = layer.key.bias.detach().double().numpy(), matrix(layer.vector)[0]
    expected = one_by_one(lambda q, k: float(vector @ np.tanh(matrix(layer.query) @ q + matrix(layer.key) @ k + bias)), OTHER)
    np.testing.assert_allclose(layer(QUERY, OTHER).detach(), expected, atol=1e-5)


def test_additive_is_luongs_concat_with_the_two_matrices_side_by_side() -> None:
    layer = Additive(6, 4)
    nn.init.zeros_(layer.key.bias)
    both, vector = np.hstack([matrix(layer.query), matrix(layer.key)]), matrix(layer.vector)[0]
    expected = one_by_one(lambda q, k: float(vector @ np.tanh(both @ np.concatenate([q, k]))), OTHER)
    np.testing.assert_allclose(layer(QUERY, OTHER).detach(), expected, atol=1e-5)


def test_keys_that_were_projected_before_score_the_same() -> None:
    layer = Additive(6, 4)
    assert torch.equal(layer.combine(QUERY, layer.key(OTHER)), layer(QUERY, OTHER))


def test_location_scores_places_whatever_stands_there() -> None:
    layer = Location(6, 4, longest=9)
    expected = QUERY.double().numpy() @ matrix(layer.places).T
    np.testing.assert_allclose(layer(QUERY, OTHER).detach(), expected[:, :, :5], atol=1e-5)
    assert torch.equal(layer(QUERY, OTHER), layer(QUERY, torch.zeros_like(OTHER)))


def test_location_refuses_more_keys_than_it_has_places() -> None:
    with pytest.raises(ValueError, match="5 keys for 4 places: make the layer with a larger longest"):
        Location(6, 4, longest=4)(QUERY, OTHER)


def test_cosine_is_torchs_cosine_similarity_times_beta() -> None:
    layer = Cosine(6, 6)
    expected = F.cosine_similarity(QUERY[:, :, None], KEY[:, None], dim=-1)
    torch.testing.assert_close(layer(QUERY, KEY), expected)
    nn.init.constant_(layer.log_beta, math.log(3))
    torch.testing.assert_close(layer(QUERY, KEY), 3 * expected)
    assert torch.isfinite(layer(torch.zeros_like(QUERY), KEY)).all()


@pytest.mark.parametrize("name", ["dot", "scaled-dot", "cosine"])
def test_a_score_that_needs_equal_features_says_so(name: str) -> None:
    with pytest.raises(ValueError, match=r"keys \(4\) as in queries \(6\): use general or additive"):
        SCORES[name](6, 4)


@pytest.mark.parametrize("name", SCORES)
def test_every_score_is_made_and_called_alike_and_learns(name: str) -> None:
    layer = SCORES[name](6, 6)
    query, key = QUERY.clone().requires_grad_(), KEY.clone()
    scores = layer(query, key)
    assert scores.shape == (2, 3, 5)
    scores.square().sum().backward()
    assert query.grad is not None
    assert query.grad.abs().sum() > 0
    for parameter_name, parameter in layer.named_parameters():
        assert parameter.grad is not None, parameter_name
