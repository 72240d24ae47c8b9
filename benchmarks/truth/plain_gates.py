"""Gates over channels or places of a feature map (batch, channel, row, column)."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.truth.draw import Draw
from benchmarks.truth.gate import Gate


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
