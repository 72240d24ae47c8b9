"""PhotoResNet: shapes, gates behind every block, and what a shut gate hides."""

import torch

from attnviz import record
from attnviz.nets.photo_resnet import GatedBlock, PhotoResNet

CONFIG = {"labels": 5, "widths": [8, 16, 16], "blocks": [1, 2, 1], "kernels": [7, 5, 3], "stem": 6, "reduction": 4}
PHOTOS = torch.randn(3, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def net() -> PhotoResNet:
    torch.manual_seed(0)
    return PhotoResNet(**CONFIG).eval()


def test_photos_become_one_logit_a_label() -> None:
    assert net()(PHOTOS).shape == (3, 5)


def test_every_block_has_gates_for_its_channels_and_for_its_places() -> None:
    made = net()
    with torch.no_grad(), record(made) as tape:
        made(PHOTOS)
    assert [m.shape for m in tape] == [(8,), (16, 16), (16,), (8, 8), (16,), (8, 8), (16,), (4, 4)]
    assert [m.kind for m in tape] == ["channel", "spatial"] * 4


def test_a_shut_gate_hides_its_place_from_all_that_follows() -> None:
    made = net()
    last = made.stages[2][1].cbam.spatial.probe
    only = torch.zeros(1, 4, 4)
    only[:, 1, 2] = 1
    handle = last.register_forward_hook(lambda _module, _inputs, gates: only.expand_as(gates))
    with torch.no_grad():
        features = made.stages(torch.relu(made.stem(PHOTOS)))
    handle.remove()
    assert features[:, :, 1, 2].any()
    features[:, :, 1, 2] = 0
    assert not features.any()


def test_logits_are_those_of_the_mean_feature() -> None:
    made = net()
    with torch.no_grad():
        mean = made.stages(torch.relu(made.stem(PHOTOS))).flatten(2).mean(-1)
        expected = (made.norm(mean) @ made.head.weight.T + made.head.bias) * made.head_scale
        torch.testing.assert_close(made(PHOTOS), expected)


def test_a_fresh_spatial_gate_opens_where_features_are_strong() -> None:
    torch.manual_seed(1)
    block = GatedBlock(16, kernel=3, reduction=4).eval()
    features = torch.zeros(1, 16, 9, 9)
    features[:, :, 4, 4] = 3
    gates: list[torch.Tensor] = []
    block.cbam.spatial.probe.register_forward_hook(lambda _module, _inputs, given: gates.append(given))
    with torch.no_grad():
        block.cbam(features)
    assert gates[0][0].argmax() == 4 * 9 + 4
    assert gates[0][0, 4, 4] > 0.6 > gates[0][0, 0, 0]
