"""The recipe of `photo-hard`: a glance learns where Lite0 finds its answer, then a reader learns to answer from picks alone.

How much each place adds to Lite0's answer is known, for its head is linear: a class activation map (Zhou et al., 2016,
arXiv:1512.04150), of which the glance learns to give the odds from the small photo. Then patches are picked, for some views
drawn by the odds, and what the first half of the backbone makes of these is worked out once; its last stages and the head learn.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from attnviz.layers.hard_patches import among, drawn
from attnviz.nets.efficientnet_lite import DILATED, EfficientNetLite
from attnviz.nets.photo_hard import PhotoHard, glanced, seen
from attnviz.train import photo_lessons
from attnviz.train.crops import View
from attnviz.train.photo import NEW, PhotoRun
from attnviz.train.photo_lessons import PhotoLessons, answered, masks, normalised

READER = 3e-4  # rate of the last stages
SHARPER = 2.0  # odds go by this power of what a place adds
LEAST = 1e-9
DRAWN = 3  # of every so many views the patches of one are drawn by the odds


class Glimpsed(NamedTuple):
    """Of some views: what the glance sees (view, 152, 14, 14), the odds that are wanted (view, 14, 14), and Lite0's logits."""

    glance: Tensor
    wanted: Tensor
    logits: Tensor


class Picked(NamedTuple):
    """Of some views: which patches were picked, (view, 14, 14), and what the frozen stages make of them, (view, 112, 14, 14)."""

    picks: Tensor
    lower: Tensor


class HardBatch(NamedTuple):
    """Lessons of some views, and once the glance has learned the patches that were picked of them."""

    glance: Tensor
    wanted: Tensor
    logits: Tensor
    picked: Picked | None


class HardLessons(PhotoLessons):
    """Lessons of the glance, and of the reader, which are worked out when the glance has learned."""

    kind = Glimpsed

    def __init__(self, data: Path, device: str) -> None:
        super().__init__(data, device)
        self.picked: Picked | None = None

    def of_views(self, views: list[View], plain: EfficientNetLite, dilated: EfficientNetLite) -> Glimpsed:
        image = normalised([view.pixels for view in views]).to(self.device)
        early = plain.backbone.lower(image)
        logits = answered(plain, early)
        wanted = adding(
            dilated.backbone.widen(dilated.backbone.tail(early)), dilated.head.weight, logits, masks(views).to(self.device)
        )
        return Glimpsed(*[part.cpu().half() for part in (glanced(plain.backbone, image), wanted, logits)])

    @torch.no_grad()
    def read(self, net: PhotoHard) -> None:
        """Works out the lessons of the reader, by the odds that the glance gives by now, where they are not there."""
        if self.picked is not None:
            return
        found, start = [], 0
        for views in tqdm(photo_lessons.made(self.data), desc="patches", mininterval=5):
            glance = self.get().glance[start : start + len(views)].to(self.device).float()
            start += len(views)
            picks = picked(net.glance(glance)[:, 0], net.picker.count)
            with torch.autocast(self.device, torch.bfloat16):
                lower = net.backbone.lower(seen(normalised([view.pixels for view in views]).to(self.device), picks))
            found.append(Picked(picks.cpu(), lower.cpu().half()))
        self.picked = Picked(*[torch.cat(parts) for parts in zip(*found, strict=True)])

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), **({} if self.picked is None else self.picked._asdict())}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        self.picked = Picked(saved["picks"], saved["lower"]) if "picks" in saved else None
        super().load_state_dict({name: part for name, part in saved.items() if name in Glimpsed._fields})


class HardRun(PhotoRun[HardBatch]):
    """A glance, then a reader of what it picks."""

    net: PhotoHard
    lessons: HardLessons
    learns_from = HardLessons

    def begin(self) -> None:
        """The glance as layers begin, the reader as Lite0."""
        for part in self.reader():
            part.requires_grad_(True)

    def reader(self) -> list[nn.Module]:
        """What learns to read."""
        return [*self.net.backbone.stages[DILATED:], self.net.backbone.widen]

    def fast(self) -> list[dict[str, Any]]:
        read = [parameter for part in self.reader() for parameter in part.parameters()]
        return [{"params": [*self.net.glance.parameters()], "lr": NEW}, {"params": read, "lr": READER, "weight_decay": 0}]

    def batches(self, epoch: int) -> Iterator[HardBatch]:
        if epoch >= self.where * self.epochs:
            self.lessons.read(self.net.eval())
        return super().batches(epoch)

    def some(self, rows: Tensor) -> HardBatch:
        glance, wanted, logits = (part[rows].to(self.device).float() for part in self.lessons.get())
        kept = self.lessons.picked
        found = None if kept is None else Picked(kept.picks[rows].to(self.device), kept.lower[rows].to(self.device).bfloat16())
        return HardBatch(glance, wanted, logits, found)

    def look(self, batch: HardBatch, weight: float) -> tuple[Tensor, Tensor]:  # noqa: ARG002  (nothing here has a budget)
        """Log of the odds (view, row, column), and how far they are from those wanted; nothing once patches are picked."""
        if batch.picked is not None:
            return batch.picked.picks, torch.zeros((), device=self.device)
        logs = self.net.glance(batch.glance)[:, 0].float().flatten(1).log_softmax(-1)
        return logs.view_as(batch.wanted), F.kl_div(logs, batch.wanted.flatten(1), reduction="batchmean")

    def decided(self, batch: HardBatch, looked: Tensor, weight: float) -> tuple[Tensor, Tensor]:  # noqa: ARG002
        """Logits from the picked patches; zeros as long as none are picked."""
        if batch.picked is None:
            return torch.zeros_like(batch.logits), torch.zeros((), device=self.device)
        with torch.autocast(self.device, torch.bfloat16):
            evidence = self.net.evidence(batch.picked.lower, looked)
        return self.net.head(evidence.float() * self.gain()), torch.zeros((), device=self.device)


def adding(evidence: Tensor, head: Tensor, logits: Tensor, masks: Tensor) -> Tensor:
    """Which odds are wanted, (view, row, column): a power of how much each place adds to the most probable label, on the thing.

    Evidence (view, 1280, row, column), the weights of a linear head (label, 1280), logits (view, label); masks are NaN where
    nobody knows. Even where no place adds anything.
    """
    toward = head[logits.argmax(-1)] - head.mean(0)
    added = torch.einsum("vcrk,vc->vrk", evidence.float(), toward.float()).clamp_min(0) ** SHARPER * masks.nan_to_num(1.0)
    total = added.sum((1, 2), keepdim=True)
    return torch.where(total > 0, added / total.clamp_min(LEAST), 1 / added[0].numel())


def picked(scores: Tensor, count: int) -> Tensor:
    """Scores (view, row, column) -> booleans: the `count` most probable patches, of every third view patches that are drawn."""
    flat = scores.flatten(1)
    order = flat.topk(count).indices
    order[::DRAWN] = drawn(flat[::DRAWN], count, torch.Generator().manual_seed(len(flat)))
    return among(order, flat.shape[1]).view_as(scores)
