"""The recipe of `photo-hard`: a glance learns where Lite0 finds its answer, then a reader learns to answer from picks alone.

How much each place adds to Lite0's answer is known, for its head is linear: a class activation map (Zhou et al., 2016,
arXiv:1512.04150), of which the glance learns to give the odds from the small photo. Then all of the reader learns to answer from
the patches that are picked, for some views drawn by the odds.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnviz.layers.hard_patches import among, drawn
from attnviz.nets.efficientnet_lite import EfficientNetLite
from attnviz.nets.photo_hard import PhotoHard, glanced
from attnviz.train.photo import NEW, PhotoRun
from attnviz.train.photo_lessons import PhotoLessons, answered, normalised
from attnviz.train.photo_views import Views

SHARPER = 2.0  # odds go by this power of what a place adds
LEAST = 1e-9
DRAWN = 3  # of every so many views the patches of one are drawn by the odds


class Glimpsed(NamedTuple):
    """Of each view: what the glance sees (view, 152, 14, 14), the wanted odds (view, 14, 14), Lite0's logits, and its bytes."""

    glance: Tensor
    wanted: Tensor
    logits: Tensor
    pixels: Tensor


class HardLessons(PhotoLessons):
    """What the glance sees, is to say, and what the reader reads."""

    kind = Glimpsed

    def of_views(self, views: Views, plain: EfficientNetLite, dilated: EfficientNetLite) -> Glimpsed:
        image = normalised(views.pixels, self.device)
        early = plain.backbone.lower(image)
        masks = torch.from_numpy(views.masks)
        logits = answered(plain, early, masks)
        evidence = dilated.backbone.widen(dilated.backbone.tail(early))
        wanted = adding(evidence, dilated.head.weight, logits, masks.to(self.device))
        return Glimpsed(glanced(plain.backbone, image), wanted, logits, torch.from_numpy(views.pixels))


class HardRun(PhotoRun[Glimpsed]):
    """A glance, then a reader of what it picks."""

    net: PhotoHard
    learns_from = HardLessons
    deepest = 2e-4

    def begin(self) -> None:
        """The glance as layers begin, eye and reader as Lite0."""
        kept = {name: part for name, part in self.net.backbone.state_dict().items() if name in self.net.eye.state_dict()}
        self.net.eye.load_state_dict(kept)
        self.net.eye.requires_grad_(False)

    def deeper(self) -> list[nn.Module]:
        return [self.net.backbone]

    def fast(self) -> list[dict[str, Any]]:
        return [{"params": [*self.net.glance.parameters()], "lr": NEW}]

    def some(self, rows: Tensor) -> Glimpsed:
        lessons = self.lessons.get()
        glance, wanted, logits = (part[rows].to(self.device).float() for part in lessons[:3])
        return Glimpsed(glance, wanted, logits, lessons.pixels[rows].to(self.device))

    def look(self, batch: Glimpsed, weight: float) -> tuple[Tensor, Tensor]:  # noqa: ARG002  (nothing here has a budget)
        """Log of the odds (view, row, column), and how far they are from those wanted."""
        logs = self.net.glance(batch.glance)[:, 0].float().flatten(1).log_softmax(-1)
        return logs.view_as(batch.wanted), F.kl_div(logs, batch.wanted.flatten(1), reduction="batchmean")

    def decided(self, batch: Glimpsed, looked: Tensor, weight: float) -> tuple[Tensor, Tensor]:  # noqa: ARG002
        """Logits from the picked patches."""
        image = normalised(batch.pixels, self.device)
        with torch.autocast(self.device, torch.bfloat16):
            evidence = self.net.evidence(image, picked(looked.detach(), self.net.picker.count, self.net.training))
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


def picked(scores: Tensor, count: int, draws: bool) -> Tensor:
    """Scores (view, row, column) -> booleans: the `count` most probable patches; of every third view drawn ones, with `draws`."""
    flat = scores.flatten(1)
    order = flat.topk(count).indices
    if draws:
        order[::DRAWN] = drawn(flat[::DRAWN], count)
    return among(order, flat.shape[1]).view_as(scores)
