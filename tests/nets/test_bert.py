"""BertClassifier against the eager attention of transformers."""

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from attnviz import record
from attnviz.nets import NETS
from attnviz.nets.bert import BertClassifier
from tests.tiny import TEXT, text_net

IDS = torch.randint(5, 20, (3, 9), generator=torch.Generator().manual_seed(0))
MASK = torch.tensor([[1] * 9, [1] * 4 + [0] * 5, [1] * 2 + [0] * 7])


def eager(net: BertClassifier) -> BertModel:
    """The same encoder with every weight of attention written out."""
    config = BertConfig(**{key: value for key, value in TEXT.items() if key != "labels"}, attn_implementation="eager")
    model = BertModel(config, add_pooling_layer=False).eval()
    model.load_state_dict(net.bert.state_dict())
    return model


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_maps_are_the_eager_attentions_of_transformers(seed: int) -> None:
    net = text_net(seed)
    for parameter in net.parameters():  # fresh weights of BERT are so small that all attention would be even
        parameter.data.mul_(8 if parameter.ndim > 1 else 1)
    with torch.no_grad(), record(net) as tape:
        net(IDS, MASK)
        expected = eager(net)(input_ids=IDS, attention_mask=MASK, output_attentions=True).attentions
    assert tape.layers == ("bert.encoder.layer.0.attention.self", "bert.encoder.layer.1.attention.self")
    assert max(float(weights.max()) for weights in expected) > 0.6
    for i in range(3):
        for m, weights in zip(tape.example(i), expected, strict=True):
            np.testing.assert_allclose(m.dense(), weights[i], atol=1e-5)


def test_padding_is_attended_with_exactly_nothing() -> None:
    with torch.no_grad(), record(net := text_net()) as tape:
        net(IDS, MASK)
    assert (tape.example(1)["bert.encoder.layer.1"].dense()[:, :, 4:] == 0).all()


def test_the_logits_are_those_of_the_mean_over_real_tokens() -> None:
    net = text_net()
    with torch.no_grad():
        states = eager(net)(input_ids=IDS, attention_mask=MASK).last_hidden_state
        means = torch.stack([states[i, : int(MASK[i].sum())].mean(0) for i in range(3)])
        torch.testing.assert_close(net(IDS, MASK), net.classifier(means), atol=1e-5, rtol=0)


def test_padding_does_not_change_the_decision() -> None:
    net = text_net()
    with torch.no_grad():
        torch.testing.assert_close(net(IDS, MASK)[1:2], net(IDS[1:2, :4], MASK[1:2, :4]), atol=1e-5, rtol=0)


def test_a_card_may_name_every_net_in_the_table() -> None:
    assert NETS["bert-classifier"] is BertClassifier
    assert list(NETS) == sorted(NETS)
