"""Attention written out is torch's, forwards and backwards."""

import pytest
import torch
from torch.nn import functional as F

from attnviz.layers.multi_head import MultiHead
from attnviz.train import written
from attnviz.train.written import WrittenOut


def test_outputs_and_gradients_are_those_of_torchs_kernel() -> None:
    torch.manual_seed(0)
    layer, x = MultiHead(8, 2), torch.randn(3, 5, 8)
    found = []
    for block in (torch.enable_grad(), WrittenOut()):
        layer.zero_grad()
        with block:
            output = layer(x, x)
        output.square().sum().backward()
        found.append([output, *(p.grad.clone() for p in layer.parameters() if p.grad is not None)])
    assert len(found[0]) == 9
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other)


def test_only_calls_without_a_mask_are_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    monkeypatch.setattr(written, "attention", lambda *given: calls.append(1) or given[0])
    q = torch.randn(1, 2, 3, 4)
    with WrittenOut():
        causal = F.scaled_dot_product_attention(q, q, q, is_causal=True)
        F.scaled_dot_product_attention(q, q, q, attn_mask=torch.ones(3, 3, dtype=torch.bool))
        F.scaled_dot_product_attention(q, q, q, scale=1.0)
        assert not calls
        F.scaled_dot_product_attention(q, q, q, attn_mask=None, is_causal=False)
    assert calls == [1]
    torch.testing.assert_close(causal, F.scaled_dot_product_attention(q, q, q, is_causal=True))


def test_other_functions_get_all_they_were_given() -> None:
    with WrittenOut():
        assert F.softmax(torch.zeros(2), dim=0, dtype=None).tolist() == [0.5, 0.5]
        assert torch.ones(2, 3).sum(dim=1, keepdim=False).shape == (2,)
