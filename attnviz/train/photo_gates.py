"""The recipe of `photo-gates`: gates on a pretrained backbone learn to be open on the thing, and nowhere else.

Budgets, which fall over the first third, cost what gates are open beyond them, so that they choose. On views whose thing was cut
out and put somewhere, its mask says which gates were to be open; where a photo was put on a ground, those around it were not.

At last scores are made larger, so that gates are more open or more shut than they were, and then what is left to learn is that
gates are shut where nothing stands, and to decide by the others as before.
"""

from copy import deepcopy
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnviz.nets.photo_gates import PhotoGates
from attnviz.train import photo, photo_views
from attnviz.train.photo import NEW
from attnviz.train.photo_features import Batch, FeatureRun
from attnviz.train.photo_weights import over, pooled
from attnviz.train.schedule import Optimizers

OPEN, CHANNELS_OPEN = 2.5, 1.5  # biases at first
CHANNEL_RATE = 2e-2
PLACES, CHANNELS = 0.25, 0.5  # mean gate of a photo that costs nothing,
TOO_OPEN, TOO_MANY = 2.0, 2.0  # and what more costs
MASKED = 1.0  # what a gate costs that is not as the mask says
SHARPER, GAINED = 1.65, 1.27  # by how much scores are made larger at last, and the head's weights, for gates shut further
KEPT = 3.0  # what a gate costs that does not stay as it was, or shut where nothing stands
SETTLING, PASSES, SHUTTING, DECIDING = 4096, 2, 6e-4, 1e-4  # views, passes over them, rates of the gates and of the head


class GatesRun(FeatureRun):
    """Gates of places and of channels, both with a budget."""

    net: PhotoGates
    smaller = PLACES

    def begin(self) -> None:
        for last, bias in ((self.net.spatial.scores[-1], OPEN), (self.net.channel.mlp[-1], CHANNELS_OPEN)):
            nn.init.zeros_(last.weight)  # type: ignore[arg-type]
            nn.init.constant_(last.bias, bias)  # type: ignore[arg-type]

    def fast(self) -> list[dict[str, Any]]:
        return [
            {"params": [*self.net.spatial.parameters()], "lr": NEW},
            {"params": [*self.net.channel.parameters()], "lr": CHANNEL_RATE},
        ]

    def look(self, batch: Batch, weight: float) -> tuple[Tensor, Tensor]:
        scores = self.net.spatial.scores(batch.features)[:, 0].float()
        gates = scores.sigmoid()
        free = batch.masks.isnan().flatten(1).all(1)
        cost = MASKED * masked(scores, batch.masks)
        return gates, cost + TOO_OPEN * over(gates[free].mean((1, 2)), PLACES, weight)

    def weigh(self, evidence: Tensor, looked: Tensor, weight: float) -> tuple[Tensor, Tensor]:
        channels = self.net.channel.mlp(evidence.mean((2, 3))).float().sigmoid()
        found = pooled(looked / looked[0].numel(), evidence) * channels
        return found, TOO_MANY * over(channels.mean(1), CHANNELS, weight)

    def settle(self) -> None:
        """Larger scores; then gates shut on views of nothing, and else as they are, and a head that decides by them."""
        self.sharpen()
        former = deepcopy(self.net.spatial.scores).eval()
        groups = [{"params": self.net.spatial.parameters(), "lr": SHUTTING}, {"params": self.net.head.parameters(), "lr": DECIDING}]
        batches = [rows for number in range(PASSES) for rows in self.settling(number)]
        adam = torch.optim.AdamW(groups, weight_decay=0)
        optimizers = Optimizers([adam], max(1, len(batches)), lambda progress: 1 - progress)
        self.net.eval()
        for rows in batches:
            with torch.no_grad():
                batch = self.some(rows)
            self.shut(batch, former, optimizers)

    @torch.no_grad()
    def sharpen(self) -> None:
        """Gates further open or shut than they were, and a head for what they let through."""
        last = cast(nn.Conv2d, self.net.spatial.scores[-1])
        for weights, factor in (
            (last.weight, SHARPER),
            (cast(Tensor, last.bias), SHARPER),
            (self.net.head.weight, GAINED * self.gain()),
        ):
            weights.mul_(factor)
        self.gain.factor.zero_()

    def settling(self, number: int) -> list[Tensor]:
        """The views of one of the last passes, in batches: those of nothing, and some of the others."""
        chosen, watched = torch.Generator().manual_seed(number), self.lessons.watched
        others = watched + torch.randperm(self.lessons.count - watched - photo_views.NOTHING, generator=chosen)[:SETTLING]
        rows = torch.cat([others, torch.arange(self.lessons.count - photo_views.NOTHING, self.lessons.count)])
        return list(torch.split(rows[torch.randperm(len(rows), generator=chosen)], photo.BATCH // 2))

    def shut(self, batch: Batch, former: nn.Module, optimizers: Optimizers) -> None:
        """One step."""
        with torch.autocast(self.device, torch.bfloat16):
            scores = self.net.spatial.scores(batch.features)[:, 0].float()
            with torch.no_grad():
                wanted = former(batch.features)[:, 0].float().sigmoid()
                wanted[(batch.masks == 0).flatten(1).all(1)] = 0.0
                weighed, _ = self.weigh(self.net.backbone.widen(batch.late), scores.sigmoid(), 1.0)
        said = F.kl_div(self.net.head(weighed.float()).log_softmax(-1), batch.logits.softmax(-1), reduction="batchmean")
        optimizers.zero_grad()
        (said + KEPT * F.binary_cross_entropy_with_logits(scores, wanted)).backward()  # type: ignore[no-untyped-call]
        optimizers.step()


def masked(scores: Tensor, masks: Tensor) -> Tensor:
    """Cross-entropy of the gates where the mask is known, (view, row, column) both."""
    known = ~masks.isnan()
    if not bool(known.any()):
        return scores.sum() * 0
    return F.binary_cross_entropy_with_logits(scores[known], masks[known])
