"""Multi-head attention against torch.nn's with the same weights, and sinusoids against the paper's formula."""

import math

import numpy as np
import torch
from torch import nn

from attnviz import record
from attnviz.layers.multi_head import MultiHead
from attnviz.layers.positions import sinusoids

MASK = torch.tensor([[True] * 5, [True] * 3 + [False] * 2])


def twins() -> tuple[MultiHead, nn.MultiheadAttention]:
    torch.manual_seed(0)
    ours, theirs = MultiHead(8, 2).eval(), nn.MultiheadAttention(8, 2, batch_first=True).eval()
    parts = (ours.query, ours.key, ours.value)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        theirs.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
        theirs.out_proj.weight.copy_(ours.out.weight)
        theirs.out_proj.bias.copy_(ours.out.bias)
    return ours, theirs


def test_outputs_and_maps_are_torchs() -> None:
    ours, theirs = twins()
    query, key = torch.randn(2, 4, 8), torch.randn(2, 5, 8)
    with torch.no_grad(), record(ours) as tape:
        output = ours(query, key, MASK)
        expected, weights = theirs(query, key, key, key_padding_mask=~MASK, average_attn_weights=False)
    torch.testing.assert_close(output, expected)
    for example in range(2):
        np.testing.assert_allclose(tape.example(example)[""].dense(), weights[example].numpy(), atol=1e-6)


def test_a_causal_query_sees_no_later_key() -> None:
    ours, theirs = twins()
    x = torch.randn(1, 5, 8)
    hidden = torch.ones(5, 5, dtype=torch.bool).triu(1)
    with torch.no_grad():
        torch.testing.assert_close(ours(x, x, causal=True), theirs(x, x, x, attn_mask=hidden)[0])


def test_sinusoids_are_the_papers() -> None:
    table = sinusoids(50, 6)
    for position, i in ((0, 0), (1, 1), (49, 2)):
        angle = position / 10_000 ** (2 * i / 6)
        assert math.isclose(table[position, 2 * i], math.sin(angle), abs_tol=1e-6)
        assert math.isclose(table[position, 2 * i + 1], math.cos(angle), abs_tol=1e-6)
