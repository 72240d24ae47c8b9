"""The recipe of the CIFAR-10 models: Muon for filters, AdamW for the rest, learning rates falling to nothing.

After the CIFAR-10 speed-run literature (Jordan, 2024, arXiv:2404.00498): whitening stem, alternating flip, shifts, label
smoothing. One thousand training photos are held out to watch; nothing is chosen on them, the last weights are shipped.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnviz.cards import ModelCard
from attnviz.data import cifar10
from attnviz.nets import NETS
from attnviz.train.loop import Run
from attnviz.train.muon import Muon

EPOCHS = 18
BATCH = 500
HELD_OUT = 1000
SHIFT = 4
SMOOTHING = 0.1
MUON_RATE = 0.15
ADAM_RATE = 4e-3
WARMUP = 0.1
EVAL_BATCH = 500

Batch = tuple[Tensor, Tensor]


class CifarRun(Run):
    """Training as `attnviz.train.loop.fit` drives it."""

    epochs = EPOCHS

    def __init__(self, card: ModelCard, data: Path, device: str) -> None:
        self.device = device
        images, labels = cifar10.read(data, "train")
        self.images = normalised(images, card).to(device)
        self.labels = torch.from_numpy(labels).to(device)
        self.net = NETS[card.net](**card.config).to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        whiten(self.net.stem, self.images[:5000])
        filters, rest = split_parameters(self.net)
        self.muon = Muon(filters, lr=MUON_RATE)
        self.adam = torch.optim.AdamW(rest, lr=ADAM_RATE, weight_decay=1e-3)
        total = self.epochs * self.steps()
        self.schedules = [torch.optim.lr_scheduler.LambdaLR(o, lambda step: slope(step / total)) for o in (self.muon, self.adam)]
        self.state = {
            "net": self.net, "muon": self.muon, "adam": self.adam,
            "muon_schedule": self.schedules[0], "adam_schedule": self.schedules[1],
        }  # fmt: skip

    def steps(self) -> int:
        return (len(self.images) - HELD_OUT) // BATCH

    def batches(self, epoch: int) -> Iterator[Batch]:
        order = torch.randperm(len(self.images) - HELD_OUT, generator=torch.Generator().manual_seed(epoch)) + HELD_OUT
        for start in range(0, self.steps() * BATCH, BATCH):
            chosen = order[start : start + BATCH]
            flip = (chosen + epoch) % 2 == 0
            yield shifted(flipped(self.images[chosen], flip)), self.labels[chosen]

    def step(self, batch: Batch) -> Tensor:
        images, labels = batch
        self.net.train()
        with torch.autocast(self.device, torch.bfloat16):
            logits = self.net(images)
        loss = F.cross_entropy(logits.float(), labels, label_smoothing=SMOOTHING)
        self.net.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        for optimizer in (self.muon, self.adam):
            optimizer.step()
        for schedule in self.schedules:
            schedule.step()
        return loss.detach()

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


def split_parameters(net: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """The filter banks of residual stages, and everything else that learns."""
    learning = {name: p for name, p in net.named_parameters() if p.requires_grad}
    filters = [p for name, p in learning.items() if p.ndim == 4 and ".cbam." not in name]
    chosen = {id(p) for p in filters}
    return filters, [p for p in learning.values() if id(p) not in chosen]


def slope(progress: float) -> float:
    """The learning rate's factor at a share of the training: a short rise, then straight down to 0."""
    return min((progress + 1e-3) / WARMUP, max(0.0, 1 - progress) / (1 - WARMUP))


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
