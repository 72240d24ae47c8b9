"""timm's layers against what they compute themselves; skipped where timm, which needs torchvision, is not installed."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from attnviz import record

timm = pytest.importorskip("timm", reason="timm is not installed")
layers = pytest.importorskip("timm.layers", reason="timm is not installed")
X = torch.randn(2, 16, 8, 8, generator=torch.Generator().manual_seed(0))


@pytest.fixture(params=[True, False], ids=["fused", "unfused"])
def fused(request: pytest.FixtureRequest) -> Iterator[bool]:
    layers.set_fused_attn(request.param)
    yield request.param
    layers.set_fused_attn(True)


@pytest.mark.parametrize("name", ["vit_tiny_patch16_224", "deit_tiny_patch16_224", "vit_small_patch14_reg4_dinov2"])
def test_a_vit_is_captured(name: str, fused: bool) -> None:
    torch.manual_seed(0)
    model = timm.create_model(name, img_size=56, depth=2, num_classes=3).eval()
    assert model.blocks[0].attn.fused_attn == fused
    inputs: list[Tensor] = []
    for block in model.blocks:
        block.attn.register_forward_pre_hook(lambda _, args: inputs.append(args[0]))
    with torch.no_grad(), record(model) as tape:
        model(torch.randn(2, 3, 56, 56))
    assert tape.layers == ("blocks.0.attn", "blocks.1.attn")
    for block, x, layer in zip(model.blocks, inputs, tape.layers, strict=True):
        expected = by_hand(block.attn, x)
        for example in range(2):
            m = tape.example(example)[layer]
            assert m.kind == "self"
            torch.testing.assert_close(torch.from_numpy(m.dense().copy()), expected[example], atol=1e-5, rtol=0)


@torch.no_grad()
def by_hand(attention: nn.Module, x: Tensor) -> Tensor:
    """(batch, head, query, key) weights of timm's Attention."""
    batch, length, _ = x.shape
    query, key, _ = attention.qkv(x).reshape(batch, length, 3, attention.num_heads, -1).permute(2, 0, 3, 1, 4)
    return (attention.q_norm(query) @ attention.k_norm(key).mT * attention.scale).softmax(-1)


def swin_of(fused: bool) -> nn.Module:
    torch.manual_seed(0)
    return timm.create_model("swin_tiny_patch4_window7_224", img_size=56, embed_dim=24, depths=(2,), num_heads=(2,), window_size=7)


def test_windows_of_swin_sum_to_one_and_agree_in_both_kernels(fused: bool) -> None:
    model = swin_of(fused).eval()
    image = torch.randn(2, 3, 56, 56, generator=torch.Generator().manual_seed(1))
    with torch.no_grad(), record(model) as tape:
        model(image)
    assert [(m.axes, m.shape) for m in tape] == [(("window", "head", "query", "key"), (4, 2, 49, 49))] * 2
    layers.set_fused_attn(not fused)
    with torch.no_grad(), record(other := swin_of(not fused).eval()) as again:
        other(image)
    for m, expected in zip(tape.example(1), again.example(1), strict=True):
        torch.testing.assert_close(torch.from_numpy(m.dense().copy()), torch.from_numpy(expected.dense().copy()), atol=1e-5, rtol=0)


# layer, its options, how it is called in the tape, and the kinds of its gates
GATES = {
    "squeeze-excitation": ("SEModule", {}, {"0": "channel"}),
    "squeeze-excitation with a hard sigmoid": ("SEModule", {"gate_layer": "hard_sigmoid"}, {"0": "channel"}),
    "effective squeeze-excitation": ("EffectiveSEModule", {}, {"0": "channel"}),
    "squeeze-excitation, channels last": ("squeeze_excite.SqueezeExciteCl", {}, {"0": "channel"}),
    "ECA": ("EcaModule", {}, {"0": "channel"}),
    "circular ECA": ("CecaModule", {}, {"0": "channel"}),
    "CBAM": ("cbam.CbamModule", {}, {"0.channel": "channel", "0.spatial": "spatial"}),
    "light CBAM": ("cbam.LightCbamModule", {}, {"0.channel": "channel", "0.spatial": "spatial"}),
    "light channel attention": ("cbam.LightChannelAttn", {}, {"0": "channel"}),
    "global context": ("GlobalContext", {}, {"0": "channel"}),
    "gather-excite": ("GatherExcite", {"extent": 0, "use_mlp": False}, {"0": "channel"}),
}


@pytest.mark.parametrize(("name", "options", "kinds"), GATES.values(), ids=GATES)
def test_a_gate_is_what_the_layer_multiplies_with(name: str, options: dict[str, object], kinds: dict[str, str]) -> None:
    """The product of the recorded gates and the input is the output."""
    torch.manual_seed(0)
    room = layers
    for part in name.split("."):
        room = getattr(room, part)
    model = nn.Sequential(room(16, **options)).eval()  # type: ignore[operator]
    last = name.endswith("Cl")
    x = X.permute(0, 2, 3, 1).contiguous() if last else X
    with torch.no_grad(), record(model) as tape:
        output = model(x)
    assert {m.layer: m.kind for m in tape} == kinds
    for example in range(2):
        again = X[example].clone()
        for m in tape.example(example):
            gate = torch.from_numpy(m.dense().copy())
            again *= gate[:, None, None] if m.kind == "channel" else gate[None]
        found = output[example].permute(2, 0, 1) if last else output[example]
        torch.testing.assert_close(again, found, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize(("name", "kind"), [("seresnet18", "SEModule"), ("ecaresnet26t", "EcaModule")])
def test_all_gates_of_a_whole_model_are_captured(name: str, kind: str) -> None:
    model = timm.create_model(name).eval()
    gates = [part for part, module in model.named_modules() if type(module).__name__ == kind]
    with torch.no_grad(), record(model) as tape:
        model(torch.randn(1, 3, 64, 64))
    assert sorted(tape.layers) == sorted(gates)
