"""Latent arrays and low-rank keys and values against torch's multi-head attention with the same weights."""

import torch
from torch import nn

from attnviz import record
from attnviz.layers.latent import Latent
from attnviz.layers.low_rank import LowRank
from attnviz.layers.multi_head import MultiHead

X = torch.randn(2, 7, 6, generator=torch.Generator().manual_seed(0))
MASK = torch.tensor([[True] * 7, [True] * 5 + [False] * 2])


def torchs(layer: MultiHead, width: int, memory: int) -> nn.MultiheadAttention:
    other = nn.MultiheadAttention(width, layer.heads, batch_first=True, kdim=memory, vdim=memory)
    with torch.no_grad():
        for name in ("query", "key", "value"):
            weight = getattr(other, f"{name[0]}_proj_weight")
            weight.copy_(getattr(layer, name).weight)
        other.in_proj_bias.copy_(torch.cat([layer.query.bias, layer.key.bias, layer.value.bias]))
        other.out_proj.load_state_dict(layer.out.state_dict())
    return other


def test_latents_ask_and_the_input_answers() -> None:
    torch.manual_seed(0)
    layer = Latent(3, 6, 8, heads=2)
    with torch.no_grad(), record(layer) as tape:
        output = layer(X, MASK)
        expected, weights = torchs(layer.attention, 8, 6)(
            layer.latents.expand(2, -1, -1), X, X, key_padding_mask=~MASK, average_attn_weights=False
        )  # fmt: skip
    torch.testing.assert_close(output, expected)
    for i in range(2):
        (m,) = tape.example(i)
        torch.testing.assert_close(torch.tensor(m.dense()), weights[i])
    assert output.shape == (2, 3, 8)


def test_as_many_latents_whatever_the_length() -> None:
    layer = Latent(3, 6, 8)
    assert layer(X).shape == layer(X[:, :2]).shape == (2, 3, 8)


def test_keys_and_values_come_from_rank_numbers() -> None:
    torch.manual_seed(0)
    layer = LowRank(6, 2, rank=2)
    with torch.no_grad():
        down = layer.down(X)
        expected, _ = torchs(layer.attention, 6, 2)(X, down, down, key_padding_mask=~MASK)
        torch.testing.assert_close(layer(X, MASK), expected)
    assert down.shape == (2, 7, 2)


def test_full_rank_is_multi_head() -> None:
    """Any multi-head attention W_k x is (W_k D^-1) (D x) for a D of full rank; double precision, for D is inverted."""
    torch.manual_seed(0)
    full, layer = MultiHead(6, 2).double(), LowRank(6, 2, rank=6).double()
    back = torch.linalg.inv(layer.down.weight.data)
    layer.attention.load_state_dict(full.state_dict())
    with torch.no_grad():
        layer.attention.key.weight.copy_(full.key.weight @ back)
        layer.attention.value.weight.copy_(full.value.weight @ back)
        torch.testing.assert_close(layer(X.double(), MASK), full(X.double(), X.double(), MASK))
        torch.testing.assert_close(layer(X.double(), causal=True), full(X.double(), X.double(), causal=True))
