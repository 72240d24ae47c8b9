"""cifar-hard: a glance learns which patches tell most, and a reader, which begins as cifar-cbam, learns to decide from them alone.

At first the patches are scattered at random, evenly or in blobs, so that the reader is at home with any picks. Meanwhile the
glance learns what each patch adds to the log-probability of the label: how probable the label is with a random set of patches
is fitted by a sum over that set (as in Covert and Lee, 2021, arXiv:2012.01536), and the scores begin as these shares. Then the
patches are drawn by the glance's odds, which learn by REINFORCE: two draws for each photo, each held against the other. A
linear head on the glance learns along and is not shipped: the label, and how probable it is with random patches.
"""

from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnviz.cards import ModelCard
from attnviz.layers.hard import reinforce
from attnviz.layers.hard_patches import among, drawn, log_odds_in_order
from attnviz.load import load
from attnviz.nets.glimpse import GlimpseClassifier
from attnviz.nets.resnet import ResNet, Stage
from attnviz.train import cifar
from attnviz.train.cifar import CifarRun, borrow
from attnviz.train.muon import Muon

BLIND = 2 / 5  # of the training, in which patches are scattered
GRAIN = 3  # places a side of a random field
STRONGEST = 4.0
NAT = 20.0  # a patch that adds one nat has a score that is higher by so much
GLANCE_RATE = 3e-3


class CifarHardRun(CifarRun):
    """The recipe of cifar-cbam from its last weights on, on patches of the photos."""

    net: GlimpseClassifier

    def __init__(self, card: ModelCard, data: Path, device: str) -> None:
        super().__init__(card, data, device)
        self.blind_steps = BLIND * self.epochs * self.steps()
        self.state = {**self.state, "helper": self.helper}

    def begin(self) -> None:
        """The reader as cifar-cbam, whose stem gets the mask and its negative beside the colours and does not learn."""
        base, reader = cast(ResNet, load(self.schedule.begin)), self.net.reader
        borrow(reader, base)
        into(reader.stem.weight, base.stem.weight)
        into(reader.stem.bias, base.stem.bias)
        into(first(reader).weight, first(base).weight)
        reader.stem.weight.data[-2:, -1, 1, 1] = torch.tensor([1.0, -1.0])
        reader.stem.requires_grad_(False)
        self.helper = nn.Linear(self.net.glance.score.in_channels, self.net.reader.head.out_features + 1).to(self.device)

    def parts(self) -> list[torch.optim.Optimizer]:
        filters, rest = cifar.split_parameters(self.net.reader)
        own = [*self.net.glance.parameters(), *self.helper.parameters()]
        groups: list[dict[str, Any]] = [{"params": rest}, {"params": own, "lr": GLANCE_RATE}]
        return [
            Muon(filters, lr=self.schedule.muon_rate),
            torch.optim.AdamW(groups, lr=self.schedule.adam_rate, weight_decay=1e-3),
        ]

    def loss(self, images: Tensor, targets: Tensor) -> Tensor:
        with torch.autocast(self.device, torch.bfloat16):
            features = self.net.glance.features(images)
            scores = self.net.glance.score(features).float().flatten(1)
            told = self.helper(features.mean((2, 3))).float()
        blind = self.optimizers.taken < self.blind_steps
        learn = self.blindly if blind else self.by_drawing
        return learn(images, targets, scores, told[:, -1]) + F.cross_entropy(told[:, :-1], targets)

    def blindly(self, images: Tensor, labels: Tensor, scores: Tensor, usual: Tensor) -> Tensor:
        """The reader learns from scattered patches, and the glance what each of them adds."""
        picks = self.picked(drawn(fields(len(images), self.side).to(scores), self.net.picker.count))
        logits = self.logits(images, picks)
        told = -F.cross_entropy(logits, labels, reduction="none").detach()
        expected = usual + (scores * picks.flatten(1)).sum(1) / NAT
        return F.cross_entropy(logits, labels, label_smoothing=cifar.SMOOTHING) + F.smooth_l1_loss(expected, told)

    def by_drawing(self, images: Tensor, labels: Tensor, scores: Tensor, usual: Tensor) -> Tensor:  # noqa: ARG002
        """The reader learns from the first of two draws, and the glance from which of the two was better."""
        orders = drawn(scores.detach().expand(2, *scores.shape), self.net.picker.count)
        logits = self.logits(images, self.picked(orders[0]))
        with torch.no_grad():
            other = self.logits(images, self.picked(orders[1]))
        losses = torch.stack([F.cross_entropy(each, labels, reduction="none") for each in (logits, other)])
        learned = F.cross_entropy(logits, labels, label_smoothing=cifar.SMOOTHING)
        return learned + reinforce(log_odds_in_order(scores.expand(2, *scores.shape), orders), losses)

    @property
    def side(self) -> int:
        """Patches a side."""
        return self.images.shape[-1] // self.net.patch

    def picked(self, order: Tensor) -> Tensor:
        """(batch, count) places -> (batch, row, column) of booleans."""
        return among(order, self.side**2).view(-1, self.side, self.side)

    def logits(self, images: Tensor, picks: Tensor) -> Tensor:
        with torch.autocast(self.device, torch.bfloat16):
            return self.net.read(images, picks=picks).float()

    @torch.no_grad()
    def validate(self) -> float:
        """Accuracy with the most probable picks; also printed: with picks that are drawn, and with evenly scattered ones."""
        self.net.eval()
        images, labels = self.images[: cifar.HELD_OUT], self.labels[: cifar.HELD_OUT]
        (scores,) = self.net.scores(images)
        flat, count = scores.flatten(1), self.net.picker.count
        ways = {"drawn": drawn(flat, count), "scattered": drawn(torch.zeros_like(flat), count), "best": flat.topk(count).indices}
        right = {
            way: float((self.logits(images, self.picked(order)).argmax(-1) == labels).float().mean()) for way, order in ways.items()
        }
        odds = flat.softmax(-1)
        bits = float(-(odds * odds.clamp_min(1e-9).log2()).sum(1).mean())
        print(f"drawn {right['drawn']:.4f}, scattered {right['scattered']:.4f}, {bits:.2f} bits")
        return right["best"]


def first(net: ResNet) -> nn.Conv2d:
    """The convolution behind the stem."""
    return cast(nn.Conv2d, cast(Stage, net.stages[0]).down[0])


def into(wide: Tensor | None, narrow: Tensor | None) -> None:
    """Copies weights into the beginning of wider ones, 0 beside them."""
    assert wide is not None
    assert narrow is not None
    wide.data.zero_()
    wide.data[tuple(slice(size) for size in narrow.shape)] = narrow.data


def fields(count: int, side: int) -> Tensor:
    """Random scores, from even ones to steep hills: (count, side * side)."""
    coarse = torch.randn(count, 1, GRAIN, GRAIN)
    fine = F.interpolate(coarse, (side, side), mode="bicubic", align_corners=True)
    return (STRONGEST * torch.rand(count, 1) * fine.flatten(1)).contiguous()
