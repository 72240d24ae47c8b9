"""Gates over channels or places of a feature map, (batch, channel, row, column) unless a table says otherwise."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.truth.draw import Draw
from benchmarks.truth.told import Telling

SIGMOIDS: dict[str, Callable[[Tensor], Tensor]] = {
    "torch.sigmoid": torch.sigmoid,
    "F.sigmoid": F.sigmoid,
    "nn.Sigmoid": nn.Sigmoid(),
    "sigmoid_": lambda x: (x + 0).sigmoid_(),
    "F.hardsigmoid": F.hardsigmoid,
    "relu6": lambda x: F.relu6(x + 3) / 6,
    "nn.Hardsigmoid": nn.Hardsigmoid(),
}
APPLIED: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "map * gate": lambda x, g: x * g,
    "gate * map": lambda x, g: g * x,
    "torch.mul": torch.mul,
    "expand_as": lambda x, g: x * g.expand_as(x),
    "in place": lambda x, g: (x + 0).mul_(g),
    "added to the map": lambda x, g: x + x * g,
}


class Gate(Telling):
    """What all gates have: how the sigmoid is spelled and applied. `parts`: how many maps of an example stand in the batch."""

    def __init__(self, draw: Draw, c: int) -> None:
        super().__init__()
        self.c = c
        self.sigmoid = draw.part("sigmoid", SIGMOIDS)
        self.apply_gate = draw.part("applied", APPLIED)
        self.parts, self.order, self.name = 1, "bw", "view"

    def said(self, gate: Tensor, axes: str, kind: str | None, needed: bool = True) -> None:
        """Tells (R, *axes) by example: what else is in R stands in front."""
        gate = gate.detach()
        if self.parts > 1:
            sizes = (-1, self.parts) if self.order == "bw" else (self.parts, -1)
            gate = gate.unflatten(0, sizes)
            gate = gate if self.order == "bw" else gate.transpose(0, 1)
            axes = f"{self.name} {axes}"
        self.tell(gate, axes, kind, needed=needed)


class SqueezeExcitation(Gate):
    """By linear layers or 1 x 1 convolutions (arXiv:1709.01507)."""

    def __init__(self, draw: Draw, c: int) -> None:
        super().__init__(draw, c)
        self.convolved = draw.chance(0.5)
        layer = (lambda a, b: nn.Conv2d(a, b, 1)) if self.convolved else nn.Linear
        self.fc = nn.Sequential(layer(c, 3), nn.ReLU(), layer(3, c))

    def forward(self, x: Tensor) -> Tensor:
        if self.convolved:
            gate = self.sigmoid(self.fc(F.adaptive_avg_pool2d(x, 1)))
        else:
            gate = self.sigmoid(self.fc(x.mean((2, 3)))).view(len(x), self.c, 1, 1)
        self.said(gate.flatten(1), "channel", "channel")
        return self.apply_gate(x, gate)


class Efficient(Gate):
    """A convolution along the channels (arXiv:1910.03151)."""

    def __init__(self, draw: Draw, c: int) -> None:
        super().__init__(draw, c)
        self.conv = nn.Conv1d(1, 1, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        gate = self.sigmoid(self.conv(x.mean((2, 3)).unsqueeze(1))).transpose(1, 2).unsqueeze(-1)
        self.said(gate.flatten(1), "channel", "channel")
        return self.apply_gate(x, gate)


class Cbam(Gate):
    """Channels by mean and maximum, then places (arXiv:1807.06521); or both side by side (scSE, arXiv:1803.02579)."""

    def __init__(self, draw: Draw, c: int) -> None:
        super().__init__(draw, c)
        self.mlp = nn.Sequential(nn.Conv2d(c, 3, 1), nn.ReLU(), nn.Conv2d(3, c, 1))
        self.conv, self.beside = nn.Conv2d(2, 1, 3, padding=1), draw.chance(0.3)

    def forward(self, x: Tensor) -> Tensor:
        channels = self.sigmoid(self.mlp(F.adaptive_avg_pool2d(x, 1)) + self.mlp(F.adaptive_max_pool2d(x, 1)))
        self.said(channels.flatten(1), "channel", "channel")
        y = self.apply_gate(x, channels)
        z = x if self.beside else y
        places = self.sigmoid(self.conv(torch.cat([z.mean(1, keepdim=True), z.amax(1, keepdim=True)], 1)))
        self.said(places[:, 0], "row column", "spatial")
        return y + self.apply_gate(z, places) if self.beside else self.apply_gate(z, places)


class Places(Gate):
    """A 1 x 1 convolution to one number a place; perhaps of a sum with another signal (attention U-net, arXiv:1804.03999)."""

    def __init__(self, draw: Draw, c: int) -> None:
        super().__init__(draw, c)
        self.signal, self.psi = nn.Conv2d(c, 3, 1), nn.Conv2d(3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        gate = self.sigmoid(self.psi(F.relu(self.signal(x))))
        self.said(gate[:, 0], "row column", "spatial")
        return self.apply_gate(x, gate)


class Grouped(Gate):
    """Groups of channels stand in the batch, before the gate: of channels (SA-Net) or of places (SGE, EMA)."""

    def __init__(self, draw: Draw, c: int) -> None:
        super().__init__(draw, c)
        self.groups, self.places, self.outside = draw.size(2, 4) if c % 4 == 0 else 2, draw.chance(0.5), draw.chance(0.2)
        self.w, self.b = (nn.Parameter(torch.randn(1, c // self.groups, 1, 1)) for _ in range(2))
        draw.note("groups", f"{self.groups}{' outside' if self.outside else ''}{', places' if self.places else ', channels'}")

    def forward(self, x: Tensor) -> Tensor:
        y = x.unflatten(1, (self.groups, -1))
        y = (y.transpose(0, 1) if self.outside else y).flatten(0, 1)
        mean = y.mean((2, 3), keepdim=True)
        if self.places:
            gate = self.sigmoid((y * mean * self.w).sum(1, keepdim=True) + self.b[:, :1])
        else:
            gate = self.sigmoid(self.w * mean + self.b)
        self._say(gate)
        z = self.apply_gate(y, gate)
        return (z.unflatten(0, (self.groups, -1)).transpose(0, 1) if self.outside else z.unflatten(0, (-1, self.groups))).flatten(
            1, 2
        )

    def _say(self, gate: Tensor) -> None:
        kept = gate.detach()
        kept = kept.unflatten(0, (self.groups, -1)).transpose(0, 1) if self.outside else kept.unflatten(0, (-1, self.groups))
        if self.places:
            self.said(kept[:, :, 0], "group row column", "spatial")
        else:
            self.said(kept.flatten(2), "group channel", "channel")


class Turned(Gate):
    """Channels change places with rows or columns before the gate (triplet attention, arXiv:2010.03045): no gate of places."""

    def __init__(self, draw: Draw, c: int) -> None:
        super().__init__(draw, c)
        self.conv, self.rows = nn.Conv2d(2, 1, 3, padding=1), draw.chance(0.5)
        draw.note("turned", "rows" if self.rows else "columns")

    def forward(self, x: Tensor) -> Tensor:
        axes = (0, 2, 1, 3) if self.rows else (0, 3, 2, 1)
        y = x.permute(axes).contiguous()
        gate = self.sigmoid(self.conv(torch.stack([y.amax(1), y.mean(1)], 1)))
        self.said(gate[:, 0], "channel column" if self.rows else "row channel", None, needed=False)
        return self.apply_gate(y, gate).permute(axes)


class Coordinates(Gate):
    """One gate along the rows of each channel, one along its columns (arXiv:2103.02907)."""

    def __init__(self, draw: Draw, c: int) -> None:
        super().__init__(draw, c)
        self.narrow, self.h, self.w = nn.Conv2d(c, 3, 1), nn.Conv2d(3, c, 1), nn.Conv2d(3, c, 1)

    def forward(self, x: Tensor) -> Tensor:
        rows, columns = x.mean(3, keepdim=True), x.mean(2, keepdim=True).transpose(2, 3)
        both = F.relu(self.narrow(torch.cat([rows, columns], 2)))
        a, b = both.split([x.shape[2], x.shape[3]], 2)
        g, h = self.sigmoid(self.h(a)), self.sigmoid(self.w(b.transpose(2, 3)))
        self.said(g[..., 0], "channel row", None, needed=False)
        self.said(h[:, :, 0], "channel column", None, needed=False)
        return x * h * g


class LastChannel(Gate):
    """Channels stand last, (batch, row, column, channel): a gate of channels and one of places by linear layers."""

    def __init__(self, draw: Draw, c: int) -> None:
        super().__init__(draw, c)
        self.fc, self.place = nn.Sequential(nn.Linear(c, 3), nn.ReLU(), nn.Linear(3, c)), nn.Linear(c, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = x.permute(0, 2, 3, 1).contiguous()
        channels = self.sigmoid(self.fc(y.mean((1, 2))))[:, None, None]
        self.said(channels[:, 0, 0], "channel", "channel")
        y = self.apply_gate(y, channels)
        places = self.sigmoid(self.place(y))
        self.said(places[..., 0], "row column", "spatial")
        return self.apply_gate(y, places).permute(0, 3, 1, 2)


class OneAxis(Gate):
    """Positions on one axis, (batch, channel, position)."""

    def __init__(self, draw: Draw, c: int) -> None:
        super().__init__(draw, c)
        self.fc, self.place = nn.Sequential(nn.Linear(c, 3), nn.ReLU(), nn.Linear(3, c)), nn.Conv1d(c, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = x.flatten(2)
        channels = self.sigmoid(self.fc(y.mean(2))).unsqueeze(2)
        self.said(channels[..., 0], "channel", "channel")
        y = self.apply_gate(y, channels)
        places = self.sigmoid(self.place(y))
        self.said(places, "row column", "spatial")
        return self.apply_gate(y, places).view(x.shape)


class Volume(Gate):
    """Positions on three axes, (batch, channel, frame, row, column)."""

    def __init__(self, draw: Draw, c: int) -> None:
        super().__init__(draw, c)
        self.fc = nn.Sequential(nn.Conv3d(c, 3, 1), nn.ReLU(), nn.Conv3d(3, c, 1))

    def forward(self, x: Tensor) -> Tensor:
        y = torch.stack([x, x.flip(2), -x], 2)
        gate = self.sigmoid(self.fc(F.adaptive_avg_pool3d(y, 1)))
        self.said(gate.flatten(1), "channel", "channel")
        return self.apply_gate(y, gate).sum(2)


GATES: dict[str, Callable[[Draw, int], Gate]] = {
    "squeeze-excitation": SqueezeExcitation,
    "ECA": Efficient,
    "CBAM": Cbam,
    "places": Places,
    "grouped": Grouped,
    "turned": Turned,
    "coordinates": Coordinates,
    "channels last": LastChannel,
    "one axis": OneAxis,
    "volume": Volume,
}
