"""VisionTransformer: torch's encoder layer with the same weights, the grid of its patches, and who decides."""

import numpy as np
import torch
from torch import Tensor, nn

from attnviz import record
from attnviz.encode import Patches
from attnviz.nets.transformer import EncoderLayer
from attnviz.nets.vit import VisionTransformer
from tests.tiny import vit_net

PHOTOS = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def torchs(layer: nn.Module, width: int, heads: int, inner: int) -> nn.TransformerEncoderLayer:
    """torch.nn's layer with the weights of ours."""
    assert isinstance(layer, EncoderLayer)
    other = nn.TransformerEncoderLayer(width, heads, inner, 0.0, batch_first=True, norm_first=True).eval()
    one = layer.self_attention
    parts = (one.query, one.key, one.value)
    other.self_attn.load_state_dict({
        "in_proj_weight": torch.cat([part.weight for part in parts]), "in_proj_bias": torch.cat([part.bias for part in parts]),
        "out_proj.weight": one.out.weight, "out_proj.bias": one.out.bias,
    })  # fmt: skip
    for mine, theirs in zip(
        (*layer.norms, layer.feed_forward[0], layer.feed_forward[2]),
        (other.norm1, other.norm2, other.linear1, other.linear2),
        strict=True,
    ):
        theirs.load_state_dict(mine.state_dict())
    return other


def test_logits_and_maps_are_those_of_torchs_encoder_behind_the_same_patches() -> None:
    net = vit_net()
    with torch.no_grad(), record(net) as tape:
        logits = net(PHOTOS)
    with torch.no_grad():
        x = net.embedded(PHOTOS)
        for i, layer in enumerate(net.encoder):
            theirs = torchs(layer, 16, 4, 24)
            y = theirs.norm1(x)
            weights = theirs.self_attn(y, y, y, average_attn_weights=False)[1]
            np.testing.assert_allclose(tape[f"encoder.{i}.self_attention"].dense(), weights[0].numpy(), atol=1e-5)
            x = theirs(x)
        torch.testing.assert_close(logits, net.head(net.norm(x[:, 0])), atol=1e-5, rtol=1e-4)


def test_every_layer_looks_at_cls_and_a_grid_of_patches() -> None:
    net = vit_net()
    with torch.no_grad(), record(net) as tape:
        net(PHOTOS)
    assert [(m.kind, m.norm, m.shape) for m in tape] == [("self", "softmax", (4, 65, 65))] * 2
    assert net.patches(None, {65}) == {65: Patches(8, 8, ("CLS",))}  # type: ignore[arg-type]


def test_a_patch_is_the_place_of_the_photo_that_its_name_says() -> None:
    net = vit_net()
    grid = Patches(8, 8, ("CLS",))
    changed = PHOTOS.clone()
    changed[:, :, 13, 22] += 5  # in the patch of row 3, column 5
    with torch.no_grad():
        moved = (net.embedded(changed) - net.embedded(PHOTOS)).abs().sum((0, 2))
    assert int(moved.argmax()) == grid.position(3, 5)
    near = {grid.position(row, column) for row in (2, 3, 4) for column in (4, 5, 6)}
    assert set(moved.nonzero().flatten().tolist()) <= near


def test_training_works_out_only_cls_in_the_last_layer_and_decides_alike() -> None:
    net = vit_net()
    expected = net(PHOTOS)
    net.training = True  # its norms stay as they are
    seen: list[Tensor] = []
    net.encoder[-1].register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    torch.testing.assert_close(net(PHOTOS), expected)
    assert seen[0].shape == (2, 1, 16)


def test_cls_alone_decides() -> None:
    net = VisionTransformer(3, 16, 4, 1, 24).eval()
    net.encoder[-1].register_forward_hook(lambda _module, _inputs, output: torch.cat([output[:, :1], output[:, 1:] * 7], dim=1))
    plain = VisionTransformer(3, 16, 4, 1, 24).eval()
    plain.load_state_dict(net.state_dict())
    with torch.no_grad():
        assert torch.equal(net(PHOTOS), plain(PHOTOS))
