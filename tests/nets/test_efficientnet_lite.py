"""EfficientNet-Lite0: its shapes, its size, what dilation keeps, its padding, and what the published weights say about photos."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from attnviz.encode.image import encode_image
from attnviz.errors import DataError
from attnviz.nets.efficientnet_lite import Backbone, Convolution, EfficientNetLite
from attnviz.paths import ASSETS
from attnviz.train import published

PHOTO = torch.randn(1, 3, 224, 224, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def nets() -> tuple[EfficientNetLite, EfficientNetLite]:
    torch.manual_seed(0)
    plain, dilated = EfficientNetLite(1000).eval(), EfficientNetLite(1000, dilated=True).eval()
    dilated.load_state_dict(plain.state_dict())
    return plain, dilated


def test_it_has_the_published_number_of_parameters(nets: tuple[EfficientNetLite, EfficientNetLite]) -> None:
    norms = 21_008  # channels behind the 49 convolutions: the published norms have a weight for each, beside the bias
    assert sum(parameter.numel() for parameter in nets[0].parameters()) == 4_652_008 - norms


@torch.no_grad()
def test_a_dilated_network_holds_the_other_one_at_every_second_place(nets: tuple[EfficientNetLite, EfficientNetLite]) -> None:
    plain, dilated = (net.backbone(PHOTO) for net in nets)
    assert plain.shape == (1, 1280, 7, 7)
    assert dilated.shape == (1, 1280, 14, 14)
    torch.testing.assert_close(dilated[..., 1::2, 1::2], plain, atol=1e-5, rtol=1e-5)


def test_a_photo_becomes_one_logit_a_label(nets: tuple[EfficientNetLite, EfficientNetLite]) -> None:
    assert nets[0](PHOTO[..., :96, :64]).shape == (1, 1000)


@pytest.mark.parametrize(("kernel", "length", "ends"), [(3, 224, (0, 1)), (3, 7, (1, 1)), (5, 28, (1, 2)), (5, 9, (2, 2))])
def test_halving_pads_as_tensorflow_does(kernel: int, length: int, ends: tuple[int, int]) -> None:
    """SAME: ceil(length / 2) places, the odd zero at the end."""
    layer = Convolution(1, 1, kernel, stride=2)
    x = torch.randn(1, 1, length, length, generator=torch.Generator().manual_seed(1))
    expected = F.conv2d(F.pad(x, (*ends, *ends)), layer.conv.weight, layer.conv.bias, stride=2).clamp(0, 6)
    torch.testing.assert_close(layer(x), expected)
    assert layer(x).shape[-1] == -(-length // 2)


@torch.no_grad()
def test_a_folded_norm_is_the_norm() -> None:
    torch.manual_seed(0)
    conv, norm = nn.Conv2d(4, 6, 3, bias=False), nn.BatchNorm2d(6, eps=published.EPSILON).eval()
    for value in (norm.weight, norm.bias, norm.running_mean):
        nn.init.normal_(value)
    nn.init.uniform_(norm.running_var, 0.1, 3)
    x = torch.randn(2, 4, 5, 5)
    state = {"c.weight": conv.weight, **{f"n.{name}": value for name, value in norm.state_dict().items()}}
    torch.testing.assert_close(F.conv2d(x, *published.folded(state, "c", "n")), norm(conv(x)), atol=1e-5, rtol=1e-5)


# What the published network says about the middle 224 of 256 pixels, by another implementation: flamingo, espresso, airliner.
ANSWERS = {"flamingo.webp": (130, 0.9), "coffee.jpg": (967, 0.93), "airliner.webp": (404, 0.9)}


@pytest.mark.parametrize("name", ANSWERS)
def test_published_weights_answer_as_published(name: str) -> None:
    try:
        net = published.lite0()
    except DataError:
        pytest.skip("the published weights are not installed")
    border = {"size": 224, "resize": 256, "resample": "bicubic", "mean": [127 / 255] * 3, "std": [128 / 255] * 3}
    with torch.no_grad():
        odds = net(encode_image((ASSETS / "photos" / name).read_bytes(), **border).tensors["image"])[0].softmax(-1)
    label, share = ANSWERS[name]
    assert int(odds.argmax()) == label
    assert float(odds[label]) == pytest.approx(share, abs=0.1)  # the photo is cut before it is made smaller here, and there after


def test_every_parameter_is_filled_by_the_published_names() -> None:
    """The names of the file, from its own pattern, each once."""
    backbone = Backbone()
    own = {f"backbone.{name}" for name in backbone.state_dict()} | {"head.weight", "head.bias"}
    assert set(published.converted(made_up())) == own


def made_up() -> dict[str, torch.Tensor]:
    """A file with the published names and empty convolutions."""
    names = ["_conv_stem", "_conv_head"] + [
        f"_blocks.{i}.{part}"
        for i in range(16)
        for part in ("_expand_conv", "_depthwise_conv", "_project_conv")
        if i or part != "_expand_conv"
    ]
    norms = ["_bn0", "_bn1"] + [f"_blocks.{i}._bn{j}" for i in range(16) for j in range(3) if i or j]
    one = torch.ones(1)
    state = {f"{name}.weight": torch.ones(1, 1, 1, 1) for name in names} | {"_fc.weight": one, "_fc.bias": one}
    return state | {f"{name}.{part}": one for name in norms for part in ("weight", "bias", "running_mean", "running_var")}
