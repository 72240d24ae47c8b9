"""What is no attention, over feature maps (batch, channel, row, column)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Whole(nn.Module):
    """A sigmoid for every number of the map: SimAM (no layers), BAM (a sum of both kinds), or a gated convolution."""

    def __init__(self, c: int, way: str) -> None:
        super().__init__()
        self.way, self.channel, self.place, self.both = way, nn.Linear(c, c), nn.Conv2d(c, 1, 1), nn.Conv2d(c, 2 * c, 1)

    def forward(self, x: Tensor) -> Tensor:
        if self.way == "SimAM":
            apart = (x - x.mean((2, 3), keepdim=True)) ** 2
            return x * torch.sigmoid(apart / (4 * (apart.mean((2, 3), keepdim=True) + 1e-4)) + 0.5)
        if self.way == "BAM":
            return x * (1 + torch.sigmoid(self.channel(x.mean((2, 3)))[..., None, None] + self.place(x)))
        a, b = self.both(x).chunk(2, 1)
        return a * torch.sigmoid(b)


class Cell(nn.Module):
    """A convolutional LSTM, two steps."""

    def __init__(self, c: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2 * c, 4 * c, 1)

    def forward(self, x: Tensor) -> Tensor:
        h = cell = torch.zeros_like(x)
        for _ in range(2):
            i, f, g, o = self.conv(torch.cat([x, h], 1)).chunk(4, 1)
            cell = f.sigmoid() * cell + i.sigmoid() * g.tanh()
            h = o.sigmoid() * cell.tanh()
        return h


class Detector(nn.Module):
    """Whether something is there, times which class it is: both are sigmoids."""

    def __init__(self, c: int) -> None:
        super().__init__()
        self.there, self.which, self.back = nn.Conv2d(c, 1, 1), nn.Conv2d(c, 5, 1), nn.Conv2d(5, c, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.back(self.there(x).sigmoid() * self.which(x).sigmoid())


class OneNumber(nn.Module):
    """A number an example, or one for all: how much of a branch is taken."""

    def __init__(self, c: int, learned: bool) -> None:
        super().__init__()
        self.share, self.fc = nn.Parameter(torch.randn(1)), nn.Linear(c, 1)
        self.learned = learned

    def forward(self, x: Tensor) -> Tensor:
        return x * (torch.sigmoid(self.share) if self.learned else torch.sigmoid(self.fc(x.mean((2, 3))))[..., None, None])


class Selective(nn.Module):
    """Selective kernels (arXiv:1903.06586): a softmax over branches for each channel."""

    def __init__(self, c: int) -> None:
        super().__init__()
        self.branches, self.fc = nn.ModuleList(nn.Conv2d(c, c, k, padding=k // 2) for k in (1, 3)), nn.Linear(c, 2 * c)

    def forward(self, x: Tensor) -> Tensor:
        both = torch.stack([branch(x) for branch in self.branches], 1)
        shares = self.fc(both.sum(1).mean((2, 3))).unflatten(1, (2, -1)).softmax(1)
        return (both * shares[..., None, None]).sum(1)


class Upsampled(nn.Module):
    """A softmax over the places of an upsampling kernel (CARAFE, arXiv:1905.02188)."""

    def __init__(self, c: int) -> None:
        super().__init__()
        self.kernel = nn.Conv2d(c, 9, 1)

    def forward(self, x: Tensor) -> Tensor:
        around = F.unfold(x, 3, padding=1).view(len(x), x.shape[1], 9, -1)
        return (around * self.kernel(x).softmax(1).flatten(2).unsqueeze(1)).sum(2).view(x.shape)


PLANES: dict[str, Callable[[int], nn.Module]] = {
    "SimAM": lambda c: Whole(c, "SimAM"),
    "BAM": lambda c: Whole(c, "BAM"),
    "gated convolution": lambda c: Whole(c, "gated"),
    "convolutional LSTM": Cell,
    "detector": Detector,
    "a number an example": lambda c: OneNumber(c, learned=False),
    "a number": lambda c: OneNumber(c, learned=True),
    "selective kernels": Selective,
    "upsampling kernels": Upsampled,
}
