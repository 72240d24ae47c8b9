"""Kernel regression against its closed form, its limits, and a search over all widths."""

import numpy as np
import pytest
import torch

from attnviz import record
from attnviz.layers.kernel_regression import KernelRegression, fit_width

DRAW = np.random.default_rng(0)
X = np.sort(DRAW.uniform(0, 5, 12))
Y = np.sin(2 * X) + DRAW.normal(0, 0.2, 12)
GRID = np.linspace(-1, 6, 9)


def tensor(array: np.ndarray) -> torch.Tensor:
    return torch.tensor(array, dtype=torch.float32)[None]


def closed(places: np.ndarray, x: np.ndarray, y: np.ndarray, width: float) -> tuple[np.ndarray, np.ndarray]:
    kernel = np.array([[np.exp(-0.5 * ((place - point) / width) ** 2) for point in x] for place in places])
    weights = kernel / kernel.sum(1, keepdims=True)
    return weights, weights @ y


@pytest.mark.parametrize("width", [0.3, 1.0, 4.0])
def test_curve_and_weights_are_the_closed_form(width: float) -> None:
    layer = KernelRegression(width)
    with torch.no_grad(), record(layer) as tape:
        curve = layer(tensor(GRID), tensor(X), tensor(Y))
    weights, expected = closed(GRID, X, Y, width)
    np.testing.assert_allclose(curve[0], expected, atol=1e-5)
    (m,) = tape
    np.testing.assert_allclose(m.dense(), weights, atol=1e-5)
    assert (m.kind, m.mechanism, m.norm) == ("soft", "nadaraya-watson", "softmax")


def test_a_width_near_0_takes_the_nearest_point() -> None:
    nearest = np.abs(GRID[:, None] - X).argmin(1)
    np.testing.assert_allclose(KernelRegression(1e-10)(tensor(GRID), tensor(X), tensor(Y))[0], Y[nearest], atol=1e-6)


def test_a_hidden_key_is_nobodys_nearest_and_none_at_all_gives_0() -> None:
    others = ~torch.eye(12, dtype=torch.bool)
    others[3] = False
    found = KernelRegression(1e-10)(tensor(X), tensor(X), tensor(Y), others)[0]
    nearest = (np.abs(X[:, None] - X) + 9 * np.eye(12)).argmin(1)
    np.testing.assert_allclose(found, np.where(np.arange(12) == 3, 0, Y[nearest]), atol=1e-6)


def test_a_great_width_takes_the_mean() -> None:
    np.testing.assert_allclose(KernelRegression(1e6)(tensor(GRID), tensor(X), tensor(Y))[0], Y.mean(), atol=1e-6)


def left_out(width: float) -> float:
    """Mean squared error where each point is foretold from all others."""
    return float(
        np.mean([(closed(X[i : i + 1], np.delete(X, i), np.delete(Y, i), width)[1][0] - Y[i]) ** 2 for i in range(len(X))])
    )


def test_the_learned_width_is_the_best_that_a_search_finds() -> None:
    layer = KernelRegression(1.0, learned=True)
    errors = fit_width(layer, tensor(X), tensor(Y))
    assert errors[0] == pytest.approx(left_out(1.0), abs=1e-5)
    searched = min(np.geomspace(0.05, 3, 400), key=left_out)
    assert layer.width == pytest.approx(searched, rel=0.02)
    assert left_out(layer.width) <= left_out(searched) + 1e-5


def test_a_width_that_is_not_learned_has_no_gradient() -> None:
    assert not any(parameter.requires_grad for parameter in KernelRegression().parameters())
