"""Gates on feature maps of other shapes than (batch, channel, row, column), and hard sigmoids that are put together by hand."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnviz import record
from attnviz.errors import NothingRecorded

PHOTO, SIGNAL, VOLUME, LAST = (2, 8, 5, 6), (2, 8, 7), (2, 8, 3, 4, 5), (2, 5, 6, 8)


class Gated(nn.Module):
    """Features times `shape(gate(x))`."""

    def __init__(self, part: nn.Module, gate: Callable[[nn.Module, Tensor], Tensor], shape: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.part, self.gate, self.shape = part, gate, shape

    def forward(self, x: Tensor) -> Tensor:
        return x * self.shape(self.gate(self.part, x))


def as_is(gate: Tensor) -> Tensor:
    return gate


def pooled(part: nn.Module, x: Tensor) -> Tensor:
    """(batch, channel) of a linear layer over the mean of all positions."""
    return part(x.flatten(2).mean(2)).sigmoid()


# what the gate is made with and how, how it is shaped, the features' shape, and the map's kind and shape
WORKS = {
    "relu6": (nn.Conv2d(8, 8, 1), lambda p, x: F.relu6(p(x.mean((2, 3), True)) + 3) / 6, as_is, PHOTO, "channel", (8,)),
    "nn.ReLU6": (nn.Conv2d(8, 8, 1), lambda p, x: nn.ReLU6()(p(x.mean((2, 3), True)) + 3) * (1 / 6), as_is, PHOTO, "channel", (8,)),
    "relu6 over positions": (nn.Conv2d(8, 1, 1), lambda p, x: F.relu6(p(x) + 3.0).div(6.0), as_is, PHOTO, "spatial", (5, 6)),
    "channels of a signal": (nn.Linear(8, 8), pooled, lambda g: g.unsqueeze(-1), SIGNAL, "channel", (8,)),
    "channels of a signal, by 1x1": (nn.Conv1d(8, 8, 1), lambda p, x: p(x.mean(2, True)).sigmoid(), as_is, SIGNAL, "channel", (8,)),
    "moments of a signal": (nn.Conv1d(8, 1, 3, padding=1), lambda p, x: p(x).sigmoid(), as_is, SIGNAL, "spatial", (1, 7)),
    "channels of a volume": (nn.Linear(8, 8), pooled, lambda g: g[:, :, None, None, None], VOLUME, "channel", (8,)),
    "channels last": (nn.Linear(8, 8), lambda p, x: p(x.mean((1, 2), True)).sigmoid(), as_is, LAST, "channel", (8,)),
    "channels last, pooled flat": (
        nn.Linear(8, 8), lambda p, x: p(x.mean((1, 2))).sigmoid(), lambda g: g[:, None, None], LAST, "channel", (8,),
    ),
    "positions, channels last": (nn.Linear(8, 1), lambda p, x: p(x).sigmoid(), as_is, LAST, "spatial", (5, 6)),
}  # fmt: skip


@pytest.mark.parametrize(("part", "gate", "shape", "size", "kind", "found"), WORKS.values(), ids=WORKS)
def test_a_gate_is_captured(part: nn.Module, gate: object, shape: object, size: tuple[int, ...], kind: str, found: object) -> None:
    model = nn.Sequential(Gated(part, gate, shape))  # type: ignore[arg-type]
    x = torch.randn(*size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad(), record(model) as tape:
        model(x)
        expected = gate(part, x)  # type: ignore[operator]
    assert len(tape) == 1
    for example in range(2):
        m = tape.example(example)[tape.layers[0]]
        assert (m.kind, m.norm, m.shape) == (kind, "sigmoid", found)
        torch.testing.assert_close(torch.from_numpy(m.dense().copy()).flatten(), expected[example].flatten())


# the same shapes with another meaning
NO_GATES = {
    "a gate of each word": (nn.Linear(8, 1), lambda p, x: p(x).sigmoid(), (2, 7, 8)),
    "a gate of each word, squeezed": (nn.Linear(8, 1), lambda p, x: p(x)[..., 0].sigmoid().unsqueeze(-1), (2, 7, 8)),
    "rows of each channel (coordinate attention)": (nn.Conv2d(8, 8, 1), lambda p, x: p(x.mean(3, True)).sigmoid(), PHOTO),
    "columns of all channels": (nn.Conv2d(8, 1, 1), lambda p, x: p(x.mean(2, True)).sigmoid(), PHOTO),
    "hard swish": (nn.Conv2d(8, 8, 1), lambda p, x: F.relu6(p(x) + 3) / 6, PHOTO),
    "an activation": (nn.Conv2d(8, 8, 1), lambda p, x: F.relu6(p(x.mean((2, 3), True))), PHOTO),
}


@pytest.mark.parametrize(("part", "gate", "size"), NO_GATES.values(), ids=NO_GATES)
def test_what_only_has_the_shape_of_a_gate_is_not_recorded(part: nn.Module, gate: object, size: tuple[int, ...]) -> None:
    model = Gated(part, gate, as_is)  # type: ignore[arg-type]
    with pytest.raises(NothingRecorded), record(model):
        model(torch.randn(*size))


class Turning(nn.Module):
    """A gate of places (arXiv:1807.06521) on a map whose axes changed places, and were put back."""

    def __init__(self, there: Callable[[Tensor], Tensor], back: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.there, self.back, self.conv = there, back, nn.Conv2d(2, 1, 3, padding=1)

    def gate(self, y: Tensor) -> Tensor:
        return self.conv(torch.stack([y.amax(1), y.mean(1)], 1)).sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        y = self.there(x)
        return self.back(y * self.gate(y))


# how a map is turned and turned back; whether its gate is one of places then
TURNED = {
    "not at all": (lambda x: x, lambda y: y, (5, 6)),
    "channels with rows": (lambda x: x.permute(0, 2, 1, 3).contiguous(), lambda y: y.permute(0, 2, 1, 3), None),
    "channels with columns": (lambda x: x.transpose(1, 3), lambda y: y.transpose(1, 3), None),
    "channels with columns, and a sum": (lambda x: x.movedim(3, 1).relu() + 1, lambda y: y.movedim(1, 3), None),
    "there and back": (lambda x: x.transpose(1, 2).contiguous().swapaxes(2, 1).clone(), lambda y: y, (5, 6)),
}


@pytest.mark.parametrize(("there", "back", "found"), TURNED.values(), ids=TURNED)
def test_a_gate_over_a_row_and_the_channels_is_none_of_places(there: object, back: object, found: tuple[int, int] | None) -> None:
    model = nn.Sequential(nn.Conv2d(8, 8, 1), Turning(there, back), Turning(lambda x: x, lambda y: y))  # type: ignore[arg-type]
    x = torch.randn(*PHOTO)
    with torch.no_grad(), record(model) as tape:
        model(x)
        expected = model[1].gate(there(model[0](x)))[1, 0]  # type: ignore[operator]
    assert tape.layers == (("1", "2") if found else ("2",))
    assert tape.example(1)["2"].shape == (5, 6)
    if found:
        torch.testing.assert_close(torch.from_numpy(tape.example(1)["1"].dense().copy()), expected)


def test_a_gate_of_places_is_one_also_where_rows_and_columns_changed_places() -> None:
    model = nn.Sequential(Turning(lambda x: x.transpose(2, 3), lambda y: y.transpose(2, 3)))
    x = torch.randn(*PHOTO)
    with torch.no_grad(), record(model) as tape:
        model(x)
        expected = model[0].gate(x.transpose(2, 3))[1, 0].T  # type: ignore[operator]
    torch.testing.assert_close(torch.from_numpy(tape.example(1)["0"].dense().copy()), expected)
