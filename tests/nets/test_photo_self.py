"""PhotoSelf: layers of heads over CLS and 14 x 14 places, and that all of them decide."""

from copy import deepcopy

import pytest
import torch

from attnviz import record
from attnviz.nets.photo_self import PhotoSelf

PHOTO = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def net() -> PhotoSelf:
    torch.manual_seed(0)
    return PhotoSelf(7, width=8, heads=2, layers=2, inner=8).eval()


@torch.no_grad()
def test_it_shows_the_heads_of_every_layer_over_cls_and_all_places(net: PhotoSelf) -> None:
    with record(net) as tape:
        assert net(PHOTO).shape == (1, 7)
    assert [(m.kind, m.shape) for m in tape] == [("self", (2, 197, 197))] * 3


@torch.no_grad()
def test_the_logits_are_what_cls_reads_head_by_head(net: PhotoSelf) -> None:
    with record(net) as tape:
        logits = net(PHOTO)
    evidence = net.backbone(PHOTO)[0].flatten(1)
    looks = torch.from_numpy(tape["reading"].dense()[:, 0, 1:].copy())
    read = torch.cat([evidence[640 * head : 640 * head + 640] @ looks[head] for head in range(2)])
    torch.testing.assert_close(logits[0], net.head(read), atol=1e-5, rtol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("layer", ["encoder.0.self_attention", "encoder.1.self_attention", "reading"])
def test_every_layer_decides_by_where_it_looks(net: PhotoSelf, layer: str) -> None:
    """Whose queries are nothing looks evenly, and the decision is another."""
    even = deepcopy(net)
    query = even.get_submodule(f"{layer}.query")
    query.weight.zero_()
    query.bias.zero_()
    features = 3 * torch.randn(1, 112, 14, 14), 3 * torch.randn(1, 320, 14, 14)
    assert not torch.allclose(even.decided(*features), net.decided(*features), atol=1e-5)


@torch.no_grad()
def test_positions_without_cls_stand_for_places_row_by_row(net: PhotoSelf) -> None:
    (grid,) = net.patches(None, {197}).values()
    assert (grid.prefix, grid.rows, grid.columns) == (("CLS",), 14, 14)
    features = torch.zeros(1, 432, 14, 14)
    features[0, :, 3, 5] = 1.0
    tokens = net.tokens(features)[0]
    assert (tokens[1:] - tokens[1]).abs().sum(1).nonzero()[:, 0].tolist() == [grid.position(3, 5) - 1]
