"""ResNet: shapes, its attention, and what its parts begin as."""

import pytest
import torch

from attnviz import record
from attnviz.nets.resnet import ResNet, convolution
from tests.tiny import photo_net

PHOTOS = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def test_photos_become_one_logit_a_label() -> None:
    assert photo_net()(PHOTOS).shape == (4, 3)


def test_every_stage_halves_the_photo_and_gates_its_own_channels() -> None:
    net = ResNet(labels=10, widths=[8, 16, 24], reduction=4)
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


EXPECTED = {
    "cbam": ["cbam-channel", "cbam-spatial"] * 2, "eca": ["eca"] * 2, "se": ["squeeze-excitation"] * 2,
    "non_local": ["non-local"] * 2,
}  # fmt: skip


@pytest.mark.parametrize(("attention", "mechanisms"), EXPECTED.items(), ids=EXPECTED)
def test_every_block_holds_the_attention_that_was_asked_for(attention: str, mechanisms: list[str]) -> None:
    net = ResNet(labels=3, widths=[16, 32], attention=attention).eval()
    with torch.no_grad(), record(net) as tape:
        net(PHOTOS)
    assert [m.mechanism for m in tape] == mechanisms
    assert all(m.layer.startswith(f"stages.{i * 2 // len(tape)}.block.{attention}") for i, m in enumerate(tape))


def test_the_stem_may_narrow_the_photo() -> None:
    net = ResNet(labels=3, widths=[16], stride=2).eval()
    with torch.no_grad(), record(net) as tape:
        net(PHOTOS)
    assert [m.shape for m in tape] == [(16,), (8, 8)]
