"""What is remembered of a model between recordings: only what still holds, and not the model."""

import gc
from weakref import ref

import torch
from torch import nn

from attnviz import record
from attnviz.taps.parts import parts_of
from tests.taps.test_identity import Layer, heads


def model() -> nn.Sequential:
    return nn.Sequential(nn.Linear(16, 16), nn.Sequential(Layer(heads, fused=True)))


def test_parts_are_those_of_named_modules_each_time() -> None:
    net = model()
    for _ in range(2):
        assert list(parts_of(net).modules.items()) == list(net.named_modules())


def test_a_part_that_was_exchanged_is_recorded_under_its_name() -> None:
    net, x = model(), torch.randn(2, 5, 16)
    for own in (net[1][0], Layer(heads, fused=False)):  # type: ignore[index]
        net[1][0] = own  # type: ignore[index]
        with torch.no_grad(), record(net) as tape:
            net(x)
        assert tape.layers == ("1.0",)
        torch.testing.assert_close(torch.from_numpy(tape.example(1)["1.0"].dense().copy()), own.own[1])


def test_a_part_that_was_added_below_a_leaf_is_found() -> None:
    net = model()
    parts_of(net)
    net[0].more = nn.ReLU()
    assert "0.more" in parts_of(net).modules


def test_a_part_that_has_another_name_now_is_called_by_that() -> None:
    net = model()
    parts_of(net)
    net._modules["last"] = net._modules.pop("1")
    assert next(name for name in parts_of(net).modules if name.startswith("last")) == "last"


def test_a_model_whose_parts_know_it_is_let_go_with_them() -> None:
    net = model()
    net[0].whole = [net]
    parts_of(net)
    gone = ref(net)
    del net
    gc.collect()
    assert gone() is None
