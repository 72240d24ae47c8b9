"""CBAM against its formulas, written out again in NumPy."""

import numpy as np
import pytest
import torch
from torch import Tensor

from attnviz import record
from attnviz.layers import CBAM, ChannelGate, SpatialGate

X = torch.randn(2, 8, 6, 5, generator=torch.Generator().manual_seed(0))


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def channel_gate(gate: ChannelGate, x: np.ndarray) -> np.ndarray:
    """Equation 2: sigmoid(W1 relu(W0 avg) + W1 relu(W0 max)), biases included."""
    state = {name: value.double().numpy() for name, value in gate.state_dict().items()}

    def mlp(pooled: np.ndarray) -> np.ndarray:
        hidden = np.maximum(pooled @ state["mlp.0.weight"].T + state["mlp.0.bias"], 0)
        return hidden @ state["mlp.2.weight"].T + state["mlp.2.bias"]

    return sigmoid(mlp(x.mean((2, 3))) + mlp(x.max((2, 3))))


def spatial_gate(gate: SpatialGate, x: np.ndarray) -> np.ndarray:
    """Equation 3: sigmoid(f([avg; max])), the convolution as a sum over every place of the kernel."""
    state = {name: value.double().numpy() for name, value in gate.state_dict().items()}
    kernel = state["conv.weight"][0]
    half = kernel.shape[-1] // 2
    summary = np.pad(np.stack([x.mean(1), x.max(1)], axis=1), ((0, 0), (0, 0), (half, half), (half, half)))
    scores = np.full((len(x), *x.shape[2:]), state["conv.bias"][0])
    for channel, row, column in np.ndindex(kernel.shape):
        scores += kernel[channel, row, column] * summary[:, channel, row : row + x.shape[2], column : column + x.shape[3]]
    return sigmoid(scores)


def gates(layer: torch.nn.Module, x: Tensor) -> dict[str, np.ndarray]:
    """What the probes of a layer said, by kind, for the whole batch."""
    with torch.no_grad(), record(layer) as tape:
        layer(x)
    return {m.kind: np.stack([tape.example(i)[m.layer].dense() for i in range(tape.batch)]) for m in tape}


def test_the_channel_gate_follows_equation_2() -> None:
    torch.manual_seed(1)
    layer = ChannelGate(8, reduction=2)
    expected = channel_gate(layer, X.double().numpy())
    np.testing.assert_allclose(gates(layer, X)["channel"], expected, atol=1e-6)
    np.testing.assert_allclose(layer(X).detach(), X.numpy() * expected[:, :, None, None], atol=1e-6)


@pytest.mark.parametrize("kernel", [3, 7])
def test_the_spatial_gate_follows_equation_3(kernel: int) -> None:
    torch.manual_seed(1)
    layer = SpatialGate(kernel)
    expected = spatial_gate(layer, X.double().numpy())
    np.testing.assert_allclose(gates(layer, X)["spatial"], expected, atol=1e-6)
    np.testing.assert_allclose(layer(X).detach(), X.numpy() * expected[:, None], atol=1e-6)


def test_the_spatial_gate_sees_what_the_channel_gate_left() -> None:
    torch.manual_seed(1)
    layer = CBAM(8, reduction=4)
    first = channel_gate(layer.channel, X.double().numpy())
    second = spatial_gate(layer.spatial, X.numpy() * first[:, :, None, None])
    said = gates(layer, X)
    np.testing.assert_allclose(said["channel"], first, atol=1e-6)
    np.testing.assert_allclose(said["spatial"], second, atol=1e-6)
    expected = X.numpy() * first[:, :, None, None] * second[:, None]
    np.testing.assert_allclose(layer(X).detach(), expected, atol=1e-6)


def test_gates_are_gates_and_say_so() -> None:
    layer = torch.nn.ModuleDict({"cbam": CBAM(8, reduction=4)})
    with record(layer) as tape:
        layer["cbam"](X)
    assert [(m.layer, m.kind, m.mechanism, m.norm, m.axes) for m in tape] == [
        ("cbam.channel", "channel", "cbam-channel", "sigmoid", ("channel",)),
        ("cbam.spatial", "spatial", "cbam-spatial", "sigmoid", ("row", "column")),
    ]
