"""The recipe of `photo-cbam`: from scratch, on crops that grow with the epochs, with gates that are asked to choose.

Crops and CutMix (Yun et al., 2019, arXiv:1905.04899) make the photos many; rare classes are drawn more often than they come, and
the logits are adjusted by how often each is drawn (Menon et al., 2021, arXiv:2007.07314), which is what balanced accuracy asks for.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from attnviz.cards import ModelCard
from attnviz.data import photos
from attnviz.encode.image import encode_image
from attnviz.errors import DataError
from attnviz.nets import NETS
from attnviz.probe import Probe
from attnviz.train.cifar import split_parameters, whiten
from attnviz.train.loop import Run
from attnviz.train.muon import Muon
from attnviz.train.schedule import Optimizers

# (epochs, pixels a side)
SIDES = ((24, 64), (14, 96))
BATCH = 128
MUON_RATE = 0.08
ADAM_RATE = 2e-3
SMOOTHING = 0.1
RARE = 0.5  # a class is drawn in proportion to this power of its size
AREA = (0.25, 1.0)
RATIO = (3 / 4, 4 / 3)
COLOUR = 0.3
MIXED = 0.5  # share of batches that are mixed
OPEN = 0.3  # share of a photo that gates may be open on at no cost
CHOICE = 0.5  # what a wider opening costs

Pixels = NDArray[np.uint8]
Batch = tuple[Tensor, Tensor]


class PhotoRun(Run):
    """Training as `attnviz.train.loop.fit` drives it."""

    def __init__(self, card: ModelCard, data: Path, device: str) -> None:
        self.card, self.device = card, device
        self.sides = [side for epochs, side in SIDES for _ in range(epochs)]
        self.epochs = len(self.sides)
        parts = photos.split(data)
        self.pixels = list(photos.read(data, parts["train"]))
        self.labels = numbers(card, parts["train"])
        self.watched = torch.cat([encode_image(p, **card.image).tensors["image"] for p in photos.read(data, parts["watch"])])
        self.watched_labels = numbers(card, parts["watch"])
        self.odds = drawn(self.labels, len(card.labels))
        self.net = NETS[card.net](**card.config).to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        whiten(self.net.stem, self.watched[:200])
        self.gates = Gates(self.net)
        filters, rest = split_parameters(self.net)
        optimizers = [Muon(filters, lr=MUON_RATE), torch.optim.AdamW(rest, lr=ADAM_RATE, weight_decay=1e-2)]
        self.optimizers = Optimizers(optimizers, self.epochs * self.steps())
        self.side = self.sides[0]
        self.state = {"net": self.net, "optimizers": self.optimizers}

    def steps(self) -> int:
        return len(self.pixels) // BATCH

    def batches(self, epoch: int) -> Iterator[Batch]:
        self.side = self.sides[epoch]
        random = np.random.default_rng(epoch)
        order = random.permutation(chosen(self.labels, self.odds, self.steps() * BATCH, random))
        for batch in order.reshape(-1, BATCH):
            crops = np.stack([cropped(self.pixels[i], self.side, random) for i in batch])
            yield coloured(crops, self.card), torch.from_numpy(self.labels[batch])

    def step(self, batch: Batch) -> Tensor:
        self.net.train()
        loss = self.loss(*batch)
        self.net.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizers.step()
        return loss.detach()

    def loss(self, images: Tensor, labels: Tensor) -> Tensor:
        """Adjusted cross-entropy of a batch, half of them mixed, and what its spatial gates cost."""
        images, others, share = mixed(images) if torch.rand(()) < MIXED else (images, torch.arange(len(images)), 1.0)
        with torch.autocast(self.device, torch.bfloat16):
            logits = self.net(images.to(self.device))
        adjusted = logits.float() + torch.from_numpy(self.odds).float().log().to(self.device)
        losses = [F.cross_entropy(adjusted, y.to(self.device), label_smoothing=SMOOTHING) for y in (labels, labels[others])]
        return share * losses[0] + (1 - share) * losses[1] + CHOICE * self.gates.cost()

    @torch.no_grad()
    def validate(self) -> float:
        """Balanced accuracy on the watched photos at the size of the epoch."""
        self.net.eval()
        images = F.interpolate(self.watched, (self.side, self.side), mode="bilinear", antialias=True)
        found = torch.cat([self.net(part.to(self.device)).argmax(-1).cpu() for part in torch.split(images, BATCH)]).numpy()
        self.gates.given.clear()
        right = found == self.watched_labels
        return float(np.mean([right[self.watched_labels == label].mean() for label in np.unique(self.watched_labels)]))

    def network(self) -> nn.Module:
        return self.net.eval()


class Gates:
    """What the spatial gates of a net gave in its last pass, and what their openness costs."""

    def __init__(self, net: nn.Module) -> None:
        self.given: list[Tensor] = []
        for module in net.modules():
            if isinstance(module, Probe) and module.kind == "spatial":
                module.register_forward_hook(lambda _module, _inputs, gate: self.given.append(gate))

    def cost(self) -> Tensor:
        """Mean over maps and photos of how far they are open beyond OPEN; forgets the pass."""
        cost = torch.stack([F.relu(spread(gate.float()) - OPEN).mean() for gate in self.given]).mean()
        self.given.clear()
        return cost


def spread(gates: Tensor) -> Tensor:
    """(batch, row, column) -> (batch,): (sum g)^2 / (n sum g^2), the share of positions that equal gates would be open on."""
    flat = gates.flatten(1)
    return flat.mean(1).square() / flat.square().mean(1)


def numbers(card: ModelCard, chosen: list[photos.Photo]) -> NDArray[np.int64]:
    """The place of each photo's label in the card; DataError for one that is not there."""
    unknown = {photo.label for photo in chosen} - set(card.labels)
    if unknown:
        raise DataError(f"the card of {card.name} does not name {', '.join(sorted(unknown))}", "fetch the data set again")
    return np.array([card.labels.index(photo.label) for photo in chosen], dtype=np.int64)


def drawn(labels: NDArray[np.int64], classes: int) -> NDArray[np.float64]:
    """(class,) the share of draws of each."""
    powers = np.bincount(labels, minlength=classes) ** RARE
    return powers / powers.sum()


def chosen(labels: NDArray[np.int64], odds: NDArray[np.float64], count: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Numbers of `count` photos: each class as often as its odds say, and its photos equally often but for one."""
    shares = odds * count
    counts = np.floor(shares).astype(int)
    counts[np.argsort(counts - shares, kind="stable")[: count - counts.sum()]] += 1
    found = []
    for label, wanted in enumerate(counts):
        own = np.flatnonzero(labels == label)
        if wanted:
            found.append(np.concatenate([random.permutation(own) for _ in range(-(-wanted // len(own)))])[:wanted])
    return np.concatenate(found)


def cropped(pixels: Pixels, side: int, random: np.random.Generator) -> Pixels:
    """(side, side, 3): a random part of the photo, a little squeezed or stretched, and mirrored every second time."""
    height, width = pixels.shape[:2]
    area = height * width * random.uniform(*AREA)
    ratio = np.exp(random.uniform(*np.log(RATIO)))
    across, down = min(width, np.sqrt(area * ratio)), min(height, np.sqrt(area / ratio))
    left, top = random.uniform(0, width - across), random.uniform(0, height - down)
    crop = Image.fromarray(pixels).resize((side, side), Image.Resampling.BILINEAR, (left, top, left + across, top + down))
    found = np.asarray(crop)
    return found[:, ::-1] if random.random() < 0.5 else found


def coloured(crops: Pixels, card: ModelCard) -> Tensor:
    """(image, row, column, channel) bytes -> (image, channel, row, column) floats by the card's mean and deviation.

    Brightness, contrast and saturation of each image change by a factor of up to 1 +- COLOUR: as a whole one matrix an image.
    """
    values = torch.from_numpy(crops).flatten(1, 2).float().div_(255)
    bright, contrast, colour = (1 + COLOUR * (2 * torch.rand(3, len(crops), 1, 1) - 1)).unbind()
    mean, deviation = (torch.tensor(card.image[key]) for key in ("mean", "std"))
    matrix = contrast * (colour * torch.eye(3) + (1 - colour) / 3)
    offset = (bright - contrast) * values.mean((1, 2), keepdim=True) - mean
    images = torch.baddbmm(offset / deviation, values, matrix / deviation)
    return images.view(crops.shape).permute(0, 3, 1, 2)


def mixed(images: Tensor) -> tuple[Tensor, Tensor, float]:
    """A box of each image comes from another: images, the numbers of the others, and the share that stayed."""
    others = torch.randperm(len(images))
    side = images.shape[-1]
    edge = round(side * float(torch.rand(()).sqrt()))
    top, left = (int(torch.randint(0, side - edge + 1, ())) for _ in range(2))
    made = images.clone()
    made[..., top : top + edge, left : left + edge] = images[others][..., top : top + edge, left : left + edge]
    return made, others, 1 - (edge / side) ** 2
