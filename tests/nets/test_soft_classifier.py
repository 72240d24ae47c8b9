"""SoftClassifier against the same computation, sentence by sentence, by hand."""

import numpy as np
import torch

from attnviz import record
from tests.tiny import soft_net

IDS = torch.randint(1, 40, (3, 7), generator=torch.Generator().manual_seed(0))
LENGTHS = (7, 3, 1)
MASK = torch.tensor([[1] * length + [0] * (7 - length) for length in LENGTHS])


def test_weights_and_logits_are_those_of_each_sentence_alone_without_padding() -> None:
    net = soft_net()
    with torch.no_grad(), record(net) as tape:
        logits = net(IDS, MASK)
    for i, length in enumerate(LENGTHS):
        with torch.no_grad():
            inputs = torch.tanh(net.narrow(net.embedding(IDS[i, :length])))
            states = net.encoder.lstm(inputs)[0]
            pool = net.attention
            weights = (torch.tanh(pool.hidden(states)) @ pool.context.weight[0]).softmax(0)
            expected = net.classifier(weights @ states)
        np.testing.assert_allclose(tape.example(i)["attention"].dense()[:length], weights, atol=1e-6)
        assert (tape.example(i)["attention"].dense()[length:] == 0).all()
        torch.testing.assert_close(logits[i], expected)


def test_it_shows_one_soft_attention_over_the_tokens() -> None:
    with torch.no_grad(), record(net := soft_net()) as tape:
        net(IDS, MASK)
    assert [(m.layer, m.kind, m.mechanism, m.norm, m.axes) for m in tape] == [
        ("attention", "soft", "learned-context", "softmax", ("key",))
    ]
