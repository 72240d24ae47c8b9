"""CbamResNet: shapes, its gates, and what its parts begin as."""

import torch

from attnviz import record
from attnviz.nets.cbam_resnet import CbamResNet, convolution
from tests.tiny import photo_net

PHOTOS = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def test_photos_become_one_logit_a_label() -> None:
    assert photo_net()(PHOTOS).shape == (4, 3)


def test_every_stage_halves_the_photo_and_gates_its_own_channels() -> None:
    net = CbamResNet(labels=10, widths=[8, 16, 24], reduction=4)
    with torch.no_grad(), record(net) as tape:
        net.eval()(PHOTOS)
    assert [m.shape for m in tape] == [(8,), (16, 16), (16,), (8, 8), (24,), (4, 4)]
    assert {m.norm for m in tape} == {"sigmoid"}


def test_logits_are_the_scaled_head_over_the_largest_feature_of_each_channel() -> None:
    net = photo_net()
    with torch.no_grad():
        features = net.stages(torch.nn.functional.gelu(net.stem(PHOTOS)))
        largest = features.flatten(2).max(-1).values
        torch.testing.assert_close(net(PHOTOS), 0.125 * largest @ net.head.weight.T)


def test_a_fresh_convolution_passes_as_many_channels_as_there_are() -> None:
    x = torch.randn(1, 4, 5, 5)
    assert torch.equal(convolution(4, 6)(x)[:, :4], x)
    assert torch.equal(convolution(4, 2)(x), x[:, :2])


def test_a_block_adds_what_its_gates_let_through() -> None:
    block = photo_net().stages[0].block
    x = torch.randn(1, 8, 16, 16)
    gated = block.cbam(block.body(x))
    torch.testing.assert_close(block(x), torch.nn.functional.gelu(x + gated))
