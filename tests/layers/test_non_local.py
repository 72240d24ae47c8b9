"""The non-local block against torch's own attention with one head and the same weights."""

import numpy as np
import pytest
import torch
from torch import nn

from attnviz import record
from attnviz.layers import NonLocal

X = torch.randn(2, 8, 3, 5, generator=torch.Generator().manual_seed(0))


def trained(channels: int = 8, reduction: int = 1) -> NonLocal:
    torch.manual_seed(1)
    layer = NonLocal(channels, reduction)
    nn.init.normal_(layer.out.weight)
    nn.init.normal_(layer.out.bias)
    return layer


def torchs(layer: NonLocal) -> nn.MultiheadAttention:
    """torch's layer with the same weights; it does not narrow its features."""
    other = nn.MultiheadAttention(8, 1, batch_first=True)
    parts = (layer.theta, layer.phi, layer.g)
    other.in_proj_weight.data = torch.cat([part.weight.data for part in parts])
    other.in_proj_bias.data = torch.cat([part.bias.data for part in parts])
    other.out_proj.load_state_dict(layer.out.state_dict())
    return other


def test_weights_and_output_are_those_of_torch() -> None:
    layer = trained()
    places = X.flatten(2).transpose(1, 2)
    with torch.no_grad(), record(layer) as tape:
        out = layer(X)
        mixed, weights = torchs(layer)(places, places, places)
    torch.testing.assert_close(out, X + mixed.transpose(1, 2).view_as(X))
    for i in range(2):
        np.testing.assert_allclose(next(iter(tape.example(i))).head(0), weights[i], atol=1e-6)
    (m,) = tape
    assert (m.kind, m.axes) == ("self", ("head", "query", "key"))


@pytest.mark.parametrize("row", range(3))
@pytest.mark.parametrize("column", [0, 4])
def test_a_place_is_row_times_columns_plus_column(row: int, column: int) -> None:
    layer, x = trained(), torch.zeros(1, 8, 3, 5)
    x[0, :, row, column] = X[0, :, row, column]
    with torch.no_grad(), record(layer) as tape:
        layer(x)
    alone = next(iter(tape)).head(0)
    place = row * 5 + column
    others = np.delete(np.arange(15), place)
    assert np.ptp(alone[others]) > 0
    np.testing.assert_allclose(alone[others][:, others], alone[others[0], others[0]], atol=1e-6)
    assert np.ptp(alone[place, others]) < 1e-6 < abs(alone[place, place] - alone[place, others[0]])


def test_a_fresh_block_passes_everything_on() -> None:
    assert torch.equal(NonLocal(8)(X), X)


def test_features_are_narrowed() -> None:
    assert NonLocal(8, reduction=4).theta.weight.shape == (2, 8)
