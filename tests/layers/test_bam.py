"""The branches of BAM against their formulas, written out again in NumPy."""

import numpy as np
import torch
from torch import Tensor, nn

from attnviz import record
from attnviz.layers import ChannelBranch, SpatialBranch

X = torch.randn(2, 8, 6, 5, generator=torch.Generator().manual_seed(0))


def made(layer: nn.Module) -> nn.Module:
    """With norms that do something."""
    for module in layer.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight)
            nn.init.normal_(module.bias)
            nn.init.normal_(module.running_mean)
            nn.init.uniform_(module.running_var, 0.5, 2)
    return layer.eval()


def gates(layer: nn.Module, *given: Tensor) -> np.ndarray:
    """What the probe said, for the whole batch."""
    with torch.no_grad(), record(layer) as tape:
        layer(*given)
    (m,) = tape
    return np.stack([tape.example(i)[m.layer].dense() for i in range(tape.batch)])


def around(x: np.ndarray, kernel: np.ndarray, dilation: int) -> np.ndarray:
    """A 3 x 3 convolution place by place, the border repeated."""
    found = np.zeros((len(x), len(kernel), *x.shape[2:]))
    rows, columns = x.shape[2:]
    for row, column, i, j in np.ndindex(rows, columns, 3, 3):
        from_row = min(max(row + dilation * (i - 1), 0), rows - 1)
        from_column = min(max(column + dilation * (j - 1), 0), columns - 1)
        found[:, :, row, column] += x[:, :, from_row, from_column] @ kernel[:, :, i, j].T
    return found


def test_channel_gates_are_those_of_an_mlp_of_averages() -> None:
    torch.manual_seed(1)
    layer = ChannelBranch(8, reduction=2)
    state = {name: value.double().numpy() for name, value in layer.state_dict().items()}
    hidden = np.maximum(X.double().numpy().mean((2, 3)) @ state["mlp.0.weight"].T + state["mlp.0.bias"], 0)
    expected = 1 / (1 + np.exp(-(hidden @ state["mlp.2.weight"].T + state["mlp.2.bias"])))
    np.testing.assert_allclose(gates(layer, X), expected, atol=1e-6)
    np.testing.assert_allclose(layer(X).detach(), X.numpy() * expected[:, :, None, None], atol=1e-6)


def test_spatial_gates_are_those_of_two_dilated_convolutions() -> None:
    torch.manual_seed(1)
    layer = made(SpatialBranch(8, width=3))
    state = {name: value.double().numpy() for name, value in layer.state_dict().items()}

    def normed(x: np.ndarray, number: int) -> np.ndarray:
        weight, bias, mean, var = (
            state[f"scores.{number}.{n}"][:, None, None] for n in ("weight", "bias", "running_mean", "running_var")
        )
        return np.maximum((x - mean) / np.sqrt(var + 1e-5) * weight + bias, 0)

    x = np.einsum("nchw,dc->ndhw", X.double().numpy(), state["scores.0.weight"][:, :, 0, 0]) + state["scores.0.bias"][:, None, None]
    x = normed(x, 1)
    for number, dilation in ((3, 2), (6, 4)):
        x = normed(around(x, state[f"scores.{number}.weight"], dilation), number + 1)
    scores = np.einsum("nchw,c->nhw", x, state["scores.9.weight"][0, :, 0, 0]) + state["scores.9.bias"]
    expected = 1 / (1 + np.exp(-scores))
    np.testing.assert_allclose(gates(layer, X), expected, atol=1e-5)
    np.testing.assert_allclose(layer(X).detach(), X.numpy() * expected[:, None], atol=1e-5)


def test_an_even_input_gives_an_even_map() -> None:
    """No place knows that it is at the border."""
    torch.manual_seed(2)
    found = gates(made(SpatialBranch(8, width=4)), torch.ones(1, 8, 7, 7))
    assert np.ptp(found) < 1e-6
    assert 0 < found[0, 0, 0] < 1


def test_other_features_may_be_gated_than_those_that_are_looked_at() -> None:
    torch.manual_seed(3)
    layer, of = made(SpatialBranch(8, width=4)), torch.randn(2, 3, 6, 5)
    np.testing.assert_allclose(layer(X, of).detach(), of.numpy() * gates(layer, X, of)[:, None], atol=1e-6)
