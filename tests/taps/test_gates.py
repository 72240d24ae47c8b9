"""Gates of foreign code, told by shape and place: what is multiplied onto a feature map is what is recorded."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnviz import record
from attnviz.errors import NothingRecorded
from tests import tiny

X = torch.randn(2, 8, 5, 6, generator=torch.Generator().manual_seed(0))


class SqueezeExcitation(nn.Module):
    """As most write it: a Sequential that ends in a sigmoid, seen as (batch, channel, 1, 1), expanded."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 8), nn.Sigmoid())

    def gate(self, x: Tensor) -> Tensor:
        return self.fc(x.mean((2, 3)))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate(x).view(2, 8, 1, 1).expand_as(x)


class Convolved(SqueezeExcitation):
    """With 1x1 convolutions and a hard sigmoid, the gate on the left, as in MobileNetV3."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Sequential(nn.Conv2d(8, 8, 1), nn.Hardsigmoid())

    def gate(self, x: Tensor) -> Tensor:
        return self.fc(F.adaptive_avg_pool2d(x, 1))[:, :, 0, 0]

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(F.adaptive_avg_pool2d(x, 1)) * x


class EfficientChannel(nn.Module):
    """A convolution over the channels: the sigmoid gives (batch, 1, channel)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv1d(1, 1, 3, padding=1, bias=False)

    def gate(self, x: Tensor) -> Tensor:
        return self.conv(x.mean((2, 3))[:, None]).sigmoid()[:, 0]

    def forward(self, x: Tensor) -> Tensor:
        return x.mul(self.conv(x.mean((2, 3)).unsqueeze(1)).sigmoid().transpose(1, 2).unsqueeze(-1))


class Spatial(nn.Module):
    """The second half of CBAM, applied in place."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 1, 3, padding=1)

    def gate(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.conv(torch.stack([x.mean(1), x.amax(1)], 1)))[:, 0]

    def forward(self, x: Tensor) -> Tensor:
        gate = F.sigmoid(self.conv(torch.stack([x.mean(1), x.amax(1)], 1)))
        x = x.clone()
        x *= gate
        return x


GATES = {
    "squeeze-excitation": (SqueezeExcitation, "channel"),
    "hard sigmoid": (Convolved, "channel"),
    "ECA": (EfficientChannel, "channel"),
    "CBAM spatial": (Spatial, "spatial"),
}


@pytest.mark.parametrize(("make", "kind"), GATES.values(), ids=GATES)
def test_a_gate_is_captured(make: type[nn.Module], kind: str) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(make())
    with record(model) as tape:
        output = model(X)
    assert tape.layers == ("0",)
    assert torch.equal(output, model(X))
    expected = model[0].gate(X).detach().numpy()  # type: ignore[operator]
    for i in range(2):
        m = tape.example(i)["0"]
        assert (m.kind, m.norm, m.mechanism) == (kind, "sigmoid", f"{kind} gate")
        np.testing.assert_allclose(m.dense(), expected[i], atol=1e-6)


class Block(nn.Module):
    """CBAM as it is often written: its parts return the gates, the block multiplies."""

    class Channel(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.mlp, self.sigmoid = nn.Conv2d(8, 8, 1), nn.Sigmoid()

        def forward(self, x: Tensor) -> Tensor:
            return self.sigmoid(self.mlp(F.adaptive_avg_pool2d(x, 1)) + self.mlp(F.adaptive_max_pool2d(x, 1)))

    class Where(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(8, 1, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.conv(x).sigmoid()

    def __init__(self) -> None:
        super().__init__()
        self.ca, self.sa = self.Channel(), self.Where()

    def forward(self, x: Tensor) -> Tensor:
        x = self.ca(x) * x
        return self.sa(x) * x


def test_parts_that_return_their_gates_give_them_their_names() -> None:
    model = nn.Sequential(nn.Conv2d(8, 8, 1), Block())
    with record(model) as tape:
        model(X)
    assert [(m.layer, m.kind, m.shape) for m in tape] == [("1.ca", "channel", (8,)), ("1.sa", "spatial", (5, 6))]


class By(nn.Module):
    """A layer of one function."""

    def __init__(self, function: object) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)  # type: ignore[operator]


# what has a sigmoid and a product, and is no gate of channels or positions
NO_GATES = {
    "SiLU by hand": lambda x: x * x.sigmoid(),
    "SiLU": F.silu,
    "a gated linear unit": lambda x: x[:, :4] * x[:, 4:].sigmoid(),
    "SiLU of pooled features": lambda x: x.mean((2, 3), keepdim=True) * x.mean((2, 3), keepdim=True).sigmoid(),
    "objectness times class": lambda x: x[:, :1].sigmoid() * x[:, 1:].sigmoid(),
    "a sigmoid that multiplies nothing": lambda x: x + x.mean((2, 3), keepdim=True).sigmoid(),
    "a gate of rows": lambda x: x * x.mean(3, keepdim=True).sigmoid(),
    "a number times a gate": lambda x: 2 * x.mean((2, 3), keepdim=True).sigmoid(),
    "a softmax over channels": lambda x: x * x.mean((2, 3), keepdim=True).softmax(1),
}


@pytest.mark.parametrize("function", NO_GATES.values(), ids=NO_GATES)
def test_what_is_no_gate_is_not_recorded(function: object) -> None:
    model = By(function)
    with pytest.raises(NothingRecorded), record(model):
        model(X)


def test_a_layer_with_a_probe_is_recorded_once() -> None:
    model = tiny.photo_net()
    with record(model) as tape:
        model(torch.randn(1, 3, 32, 32))
    assert len(tape) == 4
    assert {m.receipt.how for m in tape if m.receipt} == {"probe of the layer"}


def test_a_gate_is_what_the_map_is_multiplied_with_worked_out_by_hand() -> None:
    model = By(lambda x: x * torch.tensor([[0.0, math.log(3)]]).sigmoid()[:, :, None, None])
    with record(model) as tape:
        model(torch.ones(1, 2, 2, 2))
    np.testing.assert_allclose(next(iter(tape)).dense(), [0.5, 0.75], atol=1e-7)


class Squeezed(nn.Module):
    """Squeeze-excitation by linear layers or convolutions, over whatever places there are."""

    def __init__(self, convolved: bool) -> None:
        super().__init__()
        layer = (lambda a, b: nn.Conv2d(a, b, 1)) if convolved else nn.Linear
        self.convolved, self.fc = convolved, nn.Sequential(layer(8, 4), nn.ReLU(), layer(4, 8), nn.Sigmoid())

    def gate(self, x: Tensor) -> Tensor:
        return self.fc(F.adaptive_avg_pool2d(x, 1) if self.convolved else x.mean((2, 3)))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate(x).view(len(x), 8, 1, 1)


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (5, 1)])
@pytest.mark.parametrize("convolved", [True, False])
def test_a_gate_of_channels_is_one_also_over_a_single_place_or_row(convolved: bool, size: tuple[int, int]) -> None:
    model = nn.Sequential(nn.Conv2d(8, 8, 1), Squeezed(convolved))
    x = torch.randn(2, 8, *size)
    with torch.no_grad(), record(model) as tape:
        model(x)
        expected = model[1].gate(model[0](x))  # type: ignore[operator]
    assert tape.layers == ("1",)
    np.testing.assert_allclose(tape.example(1)["1"].dense(), expected[1].flatten(), atol=1e-6)


# what has the shape of a gate of channels over a map of one place or one row, and was not made of pooled features
SINGLE = {
    "a gated convolution": (lambda x, conv: x * conv(x).sigmoid(), (1, 1)),
    "pooled features gated by themselves": (lambda x, conv: x.mean((2, 3), True) * conv(x.mean((2, 3), True)).sigmoid(), (5, 6)),
    "columns of each channel (coordinate attention)": (lambda x, conv: x * conv(x.mean(2, True)).sigmoid(), (5, 1)),
}


@pytest.mark.parametrize(("function", "size"), SINGLE.values(), ids=SINGLE)
def test_what_was_not_pooled_is_no_gate_of_channels_over_a_single_place_or_row(function: object, size: tuple[int, int]) -> None:
    class Layer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(8, 8, 1)

        def forward(self, x: Tensor) -> Tensor:
            return function(x, self.conv)  # type: ignore[operator]

    model = Layer()
    with pytest.raises(NothingRecorded), record(model):
        model(torch.randn(2, 8, *size))
