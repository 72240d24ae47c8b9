"""PlacePooling against its formula: a softmax over all places, and the mean by it."""

import numpy as np
import torch

from attnviz import record
from attnviz.layers import PlacePooling

X = torch.randn(2, 8, 6, 5, generator=torch.Generator().manual_seed(0))


def made() -> PlacePooling:
    torch.manual_seed(1)
    return PlacePooling(8, width=4).eval()


def weights(layer: PlacePooling, *given: torch.Tensor) -> np.ndarray:
    with torch.no_grad(), record(layer) as tape:
        layer(*given)
    (m,) = tape
    return np.stack([tape.example(i)[m.layer].dense() for i in range(tape.batch)])


def test_weights_are_the_softmax_of_the_scores_over_all_places() -> None:
    layer = made()
    scores = layer.scores(X)[:, 0].detach().double().numpy()
    expected = np.exp(scores) / np.exp(scores).sum((1, 2), keepdims=True)
    np.testing.assert_allclose(weights(layer, X), expected, atol=1e-6)
    np.testing.assert_allclose(weights(layer, X).sum((1, 2)), 1.0, atol=1e-6)


def test_the_output_is_the_mean_of_the_input_by_these_weights() -> None:
    layer = made()
    expected = np.einsum("ncrk,nrk->nc", X.numpy(), weights(layer, X))
    np.testing.assert_allclose(layer(X).detach(), expected, atol=1e-5)


def test_other_features_may_be_pooled_than_those_that_are_looked_at() -> None:
    layer, of = made(), torch.randn(2, 3, 6, 5)
    expected = np.einsum("ncrk,nrk->nc", of.numpy(), weights(layer, X, of))
    np.testing.assert_allclose(layer(X, of).detach(), expected, atol=1e-5)


def test_places_that_are_all_alike_get_alike() -> None:
    np.testing.assert_allclose(weights(made(), torch.ones(1, 8, 4, 4)), 1 / 16, atol=1e-7)
