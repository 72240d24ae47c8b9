"""The decision after each layer: the last is the decision itself, and the first that of a net of one layer."""

import copy

import torch

from attnviz.inside.lens import after_layers, stack_of
from attnviz.record import record
from tests import tiny

IDS = torch.tensor([[2, 5, 7, 3]])


def test_after_all_layers_the_net_says_what_it_says_and_after_one_what_a_net_of_one_says() -> None:
    net = tiny.text_net()
    tensors = {"input_ids": IDS, "attention_mask": torch.ones_like(IDS)}
    with torch.no_grad(), record(net) as tape:
        whole = net(**tensors)
    stack = stack_of(tape.layers, net)
    assert stack == "bert.encoder.layer"
    found = after_layers(net, tensors, stack)
    assert len(found) == 2
    torch.testing.assert_close(found[-1], whole)
    one = copy.deepcopy(net)
    del one.bert.encoder.layer[1]
    with torch.no_grad():
        torch.testing.assert_close(found[0], one(**tensors))
    assert len(net.bert.encoder.layer) == 2  # the net itself is as it was


def test_layers_that_do_not_stand_in_one_list_have_no_stack() -> None:
    net = tiny.vit_net()
    assert stack_of(["encoder.0.self_attention", "encoder.1.self_attention"], net) == "encoder"
    assert stack_of(["encoder.0.self_attention"], net) is None
    assert stack_of(["encoder.1.self_attention", "encoder.0.self_attention"], net) is None
    assert stack_of(["encoder.0.a", "other.1.a"], net) is None
    assert stack_of([], net) is None
