"""Bahdanau attention against the paper's formula in NumPy."""

import numpy as np
import torch

from attnviz import record
from attnviz.layers.bahdanau import Bahdanau

MASK = torch.tensor([[True] * 5, [True] * 2 + [False] * 3])


def test_weights_and_contexts_are_the_papers() -> None:
    torch.manual_seed(0)
    layer = Bahdanau(query=3, key=4, width=6)
    query, key = torch.randn(2, 2, 3), torch.randn(2, 5, 4)
    with torch.no_grad(), record(layer) as tape:
        contexts = layer(query, key, MASK)
    w, u, b, v = (p.detach().numpy() for p in (
        layer.scores.query.weight, layer.scores.key.weight, layer.scores.key.bias, layer.scores.vector.weight[0]
    ))  # fmt: skip
    for example in range(2):
        length = int(MASK[example].sum())
        expected = np.zeros((2, 5), dtype=np.float32)
        for i in range(2):
            s = [v @ np.tanh(w @ query[example, i].numpy() + u @ key[example, j].numpy() + b) for j in range(length)]
            expected[i, :length] = np.exp(s) / np.exp(s).sum()
        m = tape.example(example)[""]
        np.testing.assert_allclose(m.dense(), expected, atol=1e-6)
        np.testing.assert_allclose(contexts[example], expected @ key[example].numpy(), atol=1e-6)
        assert (m.kind, m.mechanism, m.norm) == ("soft", "bahdanau", "softmax")
