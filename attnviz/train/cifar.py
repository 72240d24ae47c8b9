"""The recipe of the CIFAR-10 models: Muon for filters, AdamW for the rest, learning rates falling to nothing.

After the CIFAR-10 speed-run literature (Jordan, 2024, arXiv:2404.00498): whitening stem, alternating flip, shifts, label
smoothing. One thousand training photos are held out to watch; nothing is chosen on them, the last weights are shipped.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

from attnviz.cards import ModelCard
from attnviz.data import cifar10
from attnviz.load import load
from attnviz.nets import NETS
from attnviz.train.loop import Run
from attnviz.train.muon import Muon
from attnviz.train.schedule import WARMUP, Optimizers, learning, slope

HELD_OUT = 1000
SHIFT = 4
SMOOTHING = 0.1
EVAL_BATCH = 500
TRUNK = re.compile(r"\.(down|body)\.")

Batch = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class Schedule:
    """`begin` names the shipped model whose weights a training begins with, where it does not begin at random."""

    epochs: int = 18
    batch: int = 500
    muon_rate: float = 0.15
    adam_rate: float = 4e-3
    rise: float = WARMUP
    begin: str = ""


FROM_CBAM = Schedule(epochs=5, muon_rate=0.05, adam_rate=2e-3, begin="cifar-cbam")
SCHEDULES = {
    "cifar-cbam": Schedule(),
    "cifar-eca": replace(FROM_CBAM, epochs=3, begin="cifar-se"),
    **dict.fromkeys(("cifar-nonlocal", "cifar-se"), FROM_CBAM),
    "cifar-hard": Schedule(epochs=5, muon_rate=0.1, adam_rate=2e-3, begin="cifar-cbam"),
    "cifar-vit": Schedule(epochs=12, batch=250, muon_rate=0.1, adam_rate=2e-3, rise=0.1375, begin="cifar-cbam"),
}


class CifarRun(Run):
    """Training as `attnviz.train.loop.fit` drives it."""

    def __init__(self, card: ModelCard, data: Path, device: str) -> None:
        self.device = device
        self.schedule = SCHEDULES.get(card.name, Schedule())
        self.epochs = self.schedule.epochs
        images, labels = cifar10.read(data, "train")
        self.images = normalised(images, card).to(device)
        self.labels = torch.from_numpy(labels).to(device)
        self.net = NETS[card.net](**card.config).to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.begin()
        self.optimizers = Optimizers(self.parts(), self.epochs * self.steps(), partial(slope, rise=self.schedule.rise))
        self.state = {"net": self.net, "optimizers": self.optimizers}

    def begin(self) -> None:
        """The weights before the first step: those of another model where both have them, and a stem that does not learn."""
        if self.schedule.begin:
            borrow(self.net, load(self.schedule.begin))
            self.net.stem.weight.requires_grad_(False)
        else:
            whiten(self.net.stem, self.images[:5000])

    def parts(self) -> list[torch.optim.Optimizer]:
        """What learns, and by what."""
        filters, rest = split_parameters(self.net)
        return [
            Muon(filters, lr=self.schedule.muon_rate),
            torch.optim.AdamW(rest, lr=self.schedule.adam_rate, weight_decay=1e-3),
        ]

    def steps(self) -> int:
        return (len(self.images) - HELD_OUT) // self.schedule.batch

    def batches(self, epoch: int) -> Iterator[Batch]:
        order = torch.randperm(len(self.images) - HELD_OUT, generator=torch.Generator().manual_seed(epoch)) + HELD_OUT
        for chosen in order[: self.steps() * self.schedule.batch].view(-1, self.schedule.batch):
            flip = (chosen + epoch) % 2 == 0
            yield shifted(flipped(self.images[chosen], flip)), self.targets(chosen, flip)

    def targets(self, chosen: Tensor, flip: Tensor) -> Tensor:  # noqa: ARG002  (a teacher answers for the mirrored photo)
        """What to learn for the chosen photos: their labels."""
        return self.labels[chosen]

    def step(self, batch: Batch) -> Tensor:
        self.net.train()
        loss = self.loss(*batch)
        self.optimizers.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizers.step()
        return loss.detach()

    def loss(self, images: Tensor, targets: Tensor) -> Tensor:
        """A scalar for one batch. The fused kernel of attention is slow backwards on a CPU."""
        with torch.autocast(self.device, torch.bfloat16), sdpa_kernel(SDPBackend.MATH):
            logits = self.net(images)
        return F.cross_entropy(logits.float(), targets, label_smoothing=SMOOTHING)

    @torch.no_grad()
    def validate(self) -> float:
        self.net.eval()
        right = sum(
            int((self.net(self.images[start : start + EVAL_BATCH]).argmax(-1) == self.labels[start : start + EVAL_BATCH]).sum())
            for start in range(0, HELD_OUT, EVAL_BATCH)
        )
        return right / HELD_OUT

    def network(self) -> nn.Module:
        return self.net.eval()


def normalised(images: np.ndarray[Any, np.dtype[np.uint8]], card: ModelCard) -> Tensor:
    """(image, row, column, channel) bytes -> (image, channel, row, column) floats by the card's mean and deviation."""
    mean, deviation = (torch.tensor(card.image[key]).view(3, 1, 1) for key in ("mean", "std"))
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255
    return ((pixels - mean) / deviation).contiguous(memory_format=torch.channels_last)


def whiten(stem: nn.Conv2d, images: Tensor) -> None:
    """Sets the stem to the principal components of 3 x 3 patches, scaled to unit variance, and their negatives; frozen."""
    patches = F.unfold(images, 3).transpose(1, 2).reshape(-1, 27)
    values, vectors = torch.linalg.eigh(patches.T @ patches / len(patches))
    filters = (vectors / (values + 5e-4).sqrt()).T.reshape(27, 3, 3, 3)
    stem.weight.data.copy_(torch.cat([filters, -filters]))
    stem.weight.requires_grad_(False)


def borrow(net: nn.Module, other: nn.Module) -> None:
    """Copies every weight of `other` that `net` has too, with the same name and shape."""
    own = net.state_dict()
    shared = {name: value for name, value in other.state_dict().items() if name in own and own[name].shape == value.shape}
    net.load_state_dict(shared, strict=False)


def split_parameters(net: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """The convolutions of the trunk, and everything else that learns."""
    filters = [p for name, p in learning(net).items() if p.ndim == 4 and TRUNK.search(name)]
    chosen = {id(p) for p in filters}
    return filters, [p for p in learning(net).values() if id(p) not in chosen]


def flipped(images: Tensor, flip: Tensor) -> Tensor:
    """Mirrors the chosen images; each is mirrored in every second epoch (alternating flip)."""
    return torch.where(flip.view(-1, 1, 1, 1).to(images.device), images.flip(-1), images)


def shifted(images: Tensor) -> Tensor:
    """Moves each image by up to SHIFT pixels a side; the border is a reflection."""
    padded = F.pad(images, (SHIFT,) * 4, mode="reflect")
    moves = torch.randint(0, 2 * SHIFT + 1, (2, len(images)), device=images.device)
    side = torch.arange(images.shape[-1], device=images.device)
    rows, columns = (moves[axis].view(-1, 1) + side for axis in (0, 1))
    index = torch.arange(len(images), device=images.device).view(-1, 1, 1)
    moved = padded.permute(0, 2, 3, 1)[index, rows[:, :, None], columns[:, None, :]]
    return moved.permute(0, 3, 1, 2)
