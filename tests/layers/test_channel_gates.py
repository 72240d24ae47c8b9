"""Squeeze-and-excitation and ECA against their formulas in NumPy, and ECA's rule for the size of its kernel."""

import math

import numpy as np
import pytest
import torch

from attnviz import record
from attnviz.layers import ECA, SqueezeExcitation
from attnviz.layers.eca import kernel_size

X = torch.randn(2, 8, 6, 5, generator=torch.Generator().manual_seed(0))


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def squeeze_excitation(layer: torch.nn.Module, x: np.ndarray) -> np.ndarray:
    """Equations 2 and 3: sigmoid(W2 relu(W1 z)), z the mean over positions, biases included."""
    state = {name: value.double().numpy() for name, value in layer.state_dict().items()}
    hidden = np.maximum(x.mean((2, 3)) @ state["mlp.0.weight"].T + state["mlp.0.bias"], 0)
    return sigmoid(hidden @ state["mlp.2.weight"].T + state["mlp.2.bias"])


def eca(layer: torch.nn.Module, x: np.ndarray) -> np.ndarray:
    """Each gate from the k channels around it, zeros beyond the ends, as a sum written out."""
    kernel = layer.state_dict()["conv.weight"].double().numpy()[0, 0]
    means, half = x.mean((2, 3)), len(kernel) // 2
    padded = np.pad(means, ((0, 0), (half, half)))
    return sigmoid(np.stack([(padded[:, c : c + len(kernel)] * kernel).sum(-1) for c in range(means.shape[1])], axis=1))


LAYERS = {
    "squeeze-excitation": (SqueezeExcitation(8, reduction=2), squeeze_excitation),
    "eca": (ECA(8), eca),
    "eca of five": (ECA(8, kernel=5), eca),
}


@pytest.mark.parametrize(("layer", "formula"), LAYERS.values(), ids=LAYERS)
def test_the_gate_follows_the_paper(layer: torch.nn.Module, formula: object) -> None:
    expected = formula(layer, X.double().numpy())  # type: ignore[operator]
    with torch.no_grad(), record(layer) as tape:
        out = layer(X)
    found = np.stack([next(iter(tape.example(i))).dense() for i in range(tape.batch)])
    np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_allclose(out, X.numpy() * expected[:, :, None, None], atol=1e-6)
    (m,) = tape
    assert (m.kind, m.norm, m.axes) == ("channel", "sigmoid", ("channel",))


def test_a_gate_of_eca_hears_its_neighbours_only() -> None:
    layer, changed = ECA(8, kernel=3), X.clone()
    changed[:, 0] += 1
    before, after = (layer(x) / x for x in (X, changed))
    moved = (before - after).abs().amax((0, 2, 3)) > 1e-6
    assert moved.tolist() == [True, True] + [False] * 6


# channels -> kernel: the odd number next to (log2(channels) + 1) / 2, worked out by hand for the widths that networks have
SIZES = {8: 3, 16: 3, 64: 3, 128: 5, 256: 5, 512: 5, 1024: 5, 2048: 7}


@pytest.mark.parametrize(("channels", "size"), SIZES.items())
def test_the_kernel_grows_with_the_logarithm_of_the_channels(channels: int, size: int) -> None:
    assert kernel_size(channels) == size
    exact = (math.log2(channels) + 1) / 2
    assert abs(size - exact) <= 1
    assert ECA(channels).conv.weight.shape == (1, 1, size)


def test_gamma_and_b_set_the_rule() -> None:
    assert kernel_size(256, gamma=1, b=0) == 9
    assert kernel_size(256, gamma=4, b=0) == 3
