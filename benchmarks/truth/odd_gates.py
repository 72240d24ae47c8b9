"""Gates whose axes stand elsewhere: groups in the batch, channels last or turned, one axis of positions or three."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.truth.draw import Draw
from benchmarks.truth.gate import Gate


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
