"""EvidenceHeads against their formula in NumPy, head by head."""

import numpy as np
import pytest
import torch

from attnviz import record
from attnviz.layers import EvidenceHeads

TOKENS = torch.randn(2, 1 + 6, 8, generator=torch.Generator().manual_seed(0))
EVIDENCE = torch.randn(2, 6, 10, generator=torch.Generator().manual_seed(1))


def made() -> EvidenceHeads:
    torch.manual_seed(2)
    return EvidenceHeads(8, heads=2).eval()


def softmax(scores: np.ndarray) -> np.ndarray:
    odds = np.exp(scores - scores.max(-1, keepdims=True))
    return odds / odds.sum(-1, keepdims=True)


@torch.no_grad()
def test_each_head_mixes_its_own_channels_by_where_it_looks() -> None:
    layer = made()
    query, key = (made(TOKENS).numpy() for made in (layer.query, layer.key))
    read, places = layer(TOKENS, EVIDENCE).numpy(), EVIDENCE.numpy()
    with record(layer) as tape:
        layer(TOKENS, EVIDENCE)
    (m,) = tape
    for example in range(2):
        shown = tape.example(example)[m.layer].dense()
        for head in range(2):
            own = slice(4 * head, 4 * head + 4)
            looks = softmax(query[example, :, own] @ key[example, 1:, own].T / 2)
            np.testing.assert_allclose(shown[head, :, 1:], looks, atol=1e-5)
            mixed = slice(5 * head, 5 * head + 5)
            np.testing.assert_allclose(read[example, :, mixed], looks @ places[example, :, mixed], atol=1e-5)


@torch.no_grad()
def test_nobody_looks_at_the_token_that_is_no_place() -> None:
    layer = made()
    with record(layer) as tape:
        layer(TOKENS, EVIDENCE)
    (m,) = tape
    assert m.axes == ("head", "query", "key")
    assert (m.dense()[:, :, 0] == 0).all()


def test_features_that_the_heads_cannot_share_are_refused() -> None:
    with pytest.raises(ValueError, match="must divide"):
        EvidenceHeads(8, heads=3)
