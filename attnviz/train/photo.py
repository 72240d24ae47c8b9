"""What the recipes of the photo models share: Lite0's weights to begin with, and its answers to learn from.

The decision learns from Lite0's own answer to the same view (Hinton et al., 2015, arXiv:1503.02531). What is new learns fast, the
head and the last stages, which begin as Lite0's, slowly, and the first stages not at all: so what they make of the views is worked
out before the training. First only where to look is learned, from what masks and budgets cost, and then the decision with it.
"""

import json
from abc import abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnviz.cards import ModelCard
from attnviz.data import photos
from attnviz.encode.image import encode_image
from attnviz.nets import NETS
from attnviz.train.loop import Run
from attnviz.train.photo_lessons import PhotoLessons
from attnviz.train.published import lite0
from attnviz.train.schedule import Optimizers

ANSWERS = "answers.json"
EVERY = 5  # of the held-out photos every so many are answered by Lite0, for agreement
EPOCHS = 8
BATCH = 128
NEW, PRETRAINED, GAIN = 3e-3, 4e-4, 2e-2  # rates
TEACHING = 1 / 3  # share of each part after which budgets weigh fully
HEARD = 0.7  # by how much of its gradient the divergence from Lite0's answer moves where a net looks


class Taught(Protocol):
    """Lessons of some views; `logits` are Lite0's, (view, label)."""

    @property
    def logits(self) -> Tensor: ...


B = TypeVar("B", bound=Taught)


class PhotoRun(Run, Generic[B]):
    """Training as `attnviz.train.loop.fit` drives it; a recipe says what is new in its net, how that begins, and what it costs."""

    epochs = EPOCHS
    where = 1 / 4  # share of the training in which nothing is decided yet
    smaller = 1.0  # by how much weights make evidence smaller, at first
    deepest = 1e-4  # rate of the parts of the backbone that learn
    learns_from: type[PhotoLessons] = PhotoLessons

    def __init__(self, card: ModelCard, data: Path, device: str) -> None:
        self.card, self.data, self.device = card, data, device
        self.lessons = self.learns_from(data, device)
        self.net = self.made(card)
        teacher = lite0()
        self.net.backbone.load_state_dict(teacher.backbone.state_dict())
        self.net.head.load_state_dict(teacher.head.state_dict())
        self.net.backbone.requires_grad_(False)
        for part in self.deeper():
            part.requires_grad_(True)
        self.begin()
        self.net.to(device, memory_format=torch.channels_last)
        self.gain = Gain(self.smaller).to(device)
        slow = {"params": [*self.net.head.parameters()], "lr": PRETRAINED, "weight_decay": 0}
        deeper = {"params": [p for part in self.deeper() for p in part.parameters()], "lr": self.deepest, "weight_decay": 0}
        groups = [*self.fast(), {"params": [*self.gain.parameters()], "lr": GAIN}, slow, deeper]
        self.total = self.epochs * self.steps()
        self.optimizers = Optimizers([torch.optim.AdamW(groups, weight_decay=1e-3)], self.total)
        self.state = {"net": self.net, "gain": self.gain, "optimizers": self.optimizers}

    def made(self, card: ModelCard) -> Any:
        """The net of the card; it has a `backbone` and a `head` as Lite0 has."""
        return NETS[card.net](**card.config)

    @abstractmethod
    def begin(self) -> None:
        """Sets the first weights of what is new."""

    @abstractmethod
    def fast(self) -> list[dict[str, Any]]:
        """Groups of new parameters, each with its rate."""

    @abstractmethod
    def deeper(self) -> list[nn.Module]:
        """The parts of the backbone that learn."""

    @abstractmethod
    def some(self, rows: Tensor) -> B:
        """The lessons of the views of these numbers."""

    @abstractmethod
    def look(self, batch: B, weight: float) -> tuple[Tensor, Tensor]:
        """Weights (view, row, column), or of each head, and what they cost; `weight`, from 0 to 1, is that of budgets."""

    @abstractmethod
    def decided(self, batch: B, looked: Tensor, weight: float) -> tuple[Tensor, Tensor]:
        """Logits (view, label) by what `look` gave, and the cost of what led to them."""

    @property
    def progress(self) -> float:
        """The share of the training that is done."""
        return self.optimizers.taken / self.total

    @property
    def deciding(self) -> bool:
        """Whether the decision learns by now."""
        return self.progress >= self.where

    def steps(self) -> int:
        return (self.lessons.count - self.lessons.watched) // BATCH

    def batches(self, epoch: int) -> Iterator[B]:
        watched = self.lessons.watched
        order = watched + torch.randperm(self.lessons.count - watched, generator=torch.Generator().manual_seed(epoch))
        for rows in order[: self.steps() * BATCH].view(-1, BATCH):
            yield self.some(rows)

    def step(self, batch: B) -> Tensor:
        self.net.train()
        loss = self.loss(batch)
        for parameter in (*self.net.parameters(), *self.gain.parameters()):
            parameter.grad = None
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizers.step()
        return loss.detach()

    def loss(self, batch: B) -> Tensor:
        """What looking costs; later also what deciding does, and the divergence from the teacher's answers."""
        progress = self.progress
        with torch.autocast(self.device, torch.bfloat16):
            looked, cost = self.look(batch, min(1.0, progress / (TEACHING * self.where)))
        if not self.deciding:
            return cost
        logits, more = self.decided(batch, looked, min(1.0, (progress - self.where) / (TEACHING * (1 - self.where))))
        return F.kl_div(logits.log_softmax(-1), batch.logits.softmax(-1), reduction="batchmean") + cost + more

    @torch.no_grad()
    def validate(self) -> float:
        """Share of the watched photos that the net decides as the teacher does."""
        self.net.eval()
        watched = self.some(torch.arange(self.lessons.watched))
        with torch.autocast(self.device, torch.bfloat16):
            looked, _ = self.look(watched, 1.0)
        logits, _ = self.decided(watched, looked, 1.0)
        return float((logits.argmax(-1) == watched.logits.argmax(-1)).float().mean())

    def network(self) -> nn.Module:
        """The net, its head scaled as it learned to be."""
        self.net.head.weight.data.mul_(self.gain().detach())
        self.gain.factor.data.zero_()
        return self.net.eval()

    def extra_files(self, out: Path) -> None:
        """What Lite0 says of held-out photos, for `attnviz eval`, which does not need its weights then."""
        (out / ANSWERS).write_text(json.dumps(answers(self.data, self.card.image)), encoding="utf-8")


class Gain(nn.Module):
    """By how much evidence is to be multiplied, e to the power of one number: shut gates make it small."""

    def __init__(self, smaller: float = 1.0) -> None:
        super().__init__()
        self.factor = nn.Parameter(-torch.tensor(smaller).log())

    def forward(self) -> Tensor:
        """A scalar."""
        return self.factor.exp()


@torch.no_grad()
def answers(data: Path, border: dict[str, Any]) -> dict[str, int]:
    """Photo -> the number of the label that Lite0 finds most probable, of the square that our models see; every fifth photo."""
    net, held_out = lite0(), photos.split(data)["test"][::EVERY]
    return {
        photo.identity: int(net(encode_image(pixels, **border).tensors["image"]).argmax())
        for photo, pixels in zip(held_out, photos.read(data, held_out), strict=True)
    }
