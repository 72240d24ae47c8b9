"""Gates and attention over feature maps."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.truth.known.base import C, Known, given, image
from benchmarks.truth.planes import PLANES
from benchmarks.truth.told import Telling


class Concurrent(Telling):
    """Channels and places side by side (scSE, arXiv:1803.02579), added or the larger of both."""

    def __init__(self, largest: bool) -> None:
        super().__init__()
        self.largest, self.place = largest, nn.Sequential(nn.Conv2d(C, 1, 1), nn.Sigmoid())
        self.channel = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(C, 2, 1), nn.ReLU(), nn.Conv2d(2, C, 1), nn.Sigmoid())

    def forward(self, x: Tensor) -> Tensor:
        channels, places = self.channel(x), self.place(x)
        self.tell(channels.flatten(1), "channel", "channel")
        self.tell(places[:, 0], "row column", "spatial")
        return torch.max(x * channels, x * places) if self.largest else x * channels + x * places


class Context(Telling):
    """A softmax over places pools a context that is added, or gates the channels (GCNet, arXiv:1904.11492)."""

    def __init__(self, gate: bool) -> None:
        super().__init__()
        self.gate, self.mask = gate, nn.Conv2d(C, 1, 1)
        self.mix = nn.Sequential(nn.Conv2d(C, 2, 1), nn.LayerNorm([2, 1, 1]), nn.ReLU(), nn.Conv2d(2, C, 1))

    def forward(self, x: Tensor) -> Tensor:
        b, c, high, wide = x.shape
        weights = self.mask(x).view(b, 1, high * wide).softmax(2).unsqueeze(-1)
        self.tell(weights.view(b, 1, -1), "query key", None, needed=False)
        context = torch.matmul(x.view(b, c, -1).unsqueeze(1), weights).view(b, c, 1, 1)
        if not self.gate:
            return x + self.mix(context)
        gate = torch.sigmoid(self.mix(context))
        self.tell(gate.flatten(1), "channel", "channel")
        return x * gate


class NonLocal(Telling):
    """Every place looks at every place (arXiv:1711.07971), keys perhaps pooled; the self-attention of SAGAN (arXiv:1805.08318)."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.way, self.theta, self.phi, self.g = way, nn.Conv2d(C, 4, 1), nn.Conv2d(C, 4, 1), nn.Conv2d(C, C, 1)
        self.gamma = nn.Parameter(torch.ones(1))

    def forward(self, x: Tensor) -> Tensor:
        b, c, high, wide = x.shape
        y = F.max_pool2d(x, 2) if self.way == "pooled" else x
        theta, phi, g = self.theta(x).view(b, 4, -1), self.phi(y).view(b, 4, -1), self.g(y).view(b, c, -1)
        weights = F.softmax(torch.bmm(theta.permute(0, 2, 1), phi) * 3, dim=-1)
        self.tell(weights, "query key", "self")
        if self.way == "SAGAN":
            return self.gamma * torch.bmm(g, weights.permute(0, 2, 1)).view(b, c, high, wide) + x
        return torch.matmul(weights, g.permute(0, 2, 1)).permute(0, 2, 1).contiguous().view(b, c, high, wide) + x


class Dual(Telling):
    """Places look at places, channels at channels (DANet, arXiv:1809.02983)."""

    def forward(self, x: Tensor) -> Tensor:
        b, c, high, wide = x.shape
        flat = x.view(b, c, -1)
        energy = torch.bmm(flat, flat.permute(0, 2, 1))
        weights = F.softmax(energy.max(-1, keepdim=True)[0].expand_as(energy) - energy, dim=-1)
        self.tell(weights, "query key", None, needed=False)
        return torch.bmm(weights, flat).view(b, c, high, wide) + x


class Double(Telling):
    """Features are gathered by a softmax over places, and handed out by one over features (A2-Nets, arXiv:1810.11579)."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.v = (nn.Conv2d(C, 4, 1) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        b, _, high, wide = x.shape
        a, maps, shares = self.a(x).view(b, 4, -1), F.softmax(self.b(x).view(b, 4, -1), -1), F.softmax(self.v(x).view(b, 4, -1), 1)
        self.tell(maps, "query key", None, needed=False)
        return torch.bmm(torch.bmm(a, maps.permute(0, 2, 1)), shares).view(b, 4, high, wide)


class Residual(nn.Module):
    """A mask for every number of the map (arXiv:1704.06904)."""

    def __init__(self) -> None:
        super().__init__()
        self.mask = nn.Sequential(
            nn.MaxPool2d(2), nn.Conv2d(C, C, 1), nn.Upsample(scale_factor=2), nn.Conv2d(C, C, 1), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        return (1 + self.mask(x)) * x


class GatherExcite(Telling):
    """A gate of each channel, over the whole map or over parts of it (arXiv:1810.12348)."""

    def __init__(self, whole: bool) -> None:
        super().__init__()
        self.whole, self.mix = whole, nn.Conv2d(C, C, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = F.adaptive_avg_pool2d(x, 1 if self.whole else 2)
        gate = torch.sigmoid(F.interpolate(self.mix(y), x.shape[2:]) if not self.whole else self.mix(y))
        if self.whole:
            self.tell(gate.flatten(1), "channel", "channel")
        return x * gate


class Split(nn.Module):
    """A softmax over the groups of a channel (ResNeSt, arXiv:2004.08955), for which channels stand beside each other."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(C, 2 * C, 1, groups=2), nn.Conv2d(C, 2 * C, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        parts = torch.split(y, C, 1)
        shares = self.fc(F.adaptive_avg_pool2d(parts[0] + parts[1], 1)).view(len(x), 1, 2, -1).transpose(1, 2).softmax(1)
        first, second = torch.split(shares.reshape(len(x), -1, 1, 1), C, 1)
        return parts[0] * first + parts[1] * second


class DynamicKernels(nn.Module):
    """A softmax over kernels, which are summed by it (CondConv and kin)."""

    def __init__(self) -> None:
        super().__init__()
        self.route, self.kernels = nn.Linear(C, 3), nn.Parameter(torch.randn(3, C * C))

    def forward(self, x: Tensor) -> Tensor:
        shares = self.route(x.mean((2, 3))).softmax(-1)
        kernels = (shares @ self.kernels).view(-1, C, 1, 1)
        return F.conv2d(x.reshape(1, -1, *x.shape[2:]), kernels, groups=len(x)).view(x.shape)


class Learners(Telling):
    """Some maps of places, each of which pools a token (arXiv:2106.11297): gates one by one, or a softmax over places."""

    def __init__(self, soft: bool) -> None:
        super().__init__()
        self.soft, self.maps = soft, nn.Conv2d(C, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.maps(x).flatten(2)
        weights = maps.softmax(-1) if self.soft else maps.sigmoid()
        self.tell(weights, "query key", None, needed=False)
        return torch.einsum("bsn,bcn->bsc", weights, x.flatten(2))


class StripSteps(nn.Module):
    """Squeeze-excitation behind each of some strides, down to one place (arXiv:1905.02244)."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(nn.Sequential(nn.Conv2d(C, C, 3, 2, 1), Excited()) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x)
        return x


class Excited(Telling):
    """As torchvision has it."""

    def __init__(self) -> None:
        super().__init__()
        self.avgpool, self.fc1, self.fc2 = nn.AdaptiveAvgPool2d(1), nn.Conv2d(C, 2, 1), nn.Conv2d(2, C, 1)
        self.activation, self.scale_activation = nn.ReLU(), nn.Hardsigmoid()

    def forward(self, x: Tensor) -> Tensor:
        scale = self.scale_activation(self.fc2(self.activation(self.fc1(self.avgpool(x)))))
        self.tell(scale.flatten(1), "channel", "channel")
        return scale * x


def _plane(name: str) -> Callable[[], nn.Module]:
    return lambda: PLANES[name](C)


KNOWN: dict[str, Known] = {
    "scSE": given(lambda: Concurrent(largest=False), image),
    "scSE, the larger": given(lambda: Concurrent(largest=True), image),
    "global context": given(lambda: Context(gate=False), image),
    "global context, as a gate": given(lambda: Context(gate=True), image),
    "non-local": given(lambda: NonLocal("plain"), image),
    "non-local, pooled": given(lambda: NonLocal("pooled"), image),
    "non-local, as many images as places": given(lambda: NonLocal("plain"), lambda: image(2, 2, b=4)),
    "SAGAN": given(lambda: NonLocal("SAGAN"), image),
    "DANet's channels": given(Dual, image),
    "double attention": given(Double, image),
    "residual attention": given(Residual, image),
    "gather-excite": given(lambda: GatherExcite(whole=True), image),
    "gather-excite in parts": given(lambda: GatherExcite(whole=False), image),
    "ResNeSt": given(Split, image),
    "dynamic kernels": given(DynamicKernels, image),
    "TokenLearner": given(lambda: Learners(soft=False), image),
    "TokenLearner, softmax": given(lambda: Learners(soft=True), image),
    "MobileNet down to a place": given(StripSteps, lambda: image(8, 8)),
    **{name: given(_plane(name), image) for name in PLANES},
}
