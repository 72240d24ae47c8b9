"""The recipe of `photo-gates`: gates on a frozen backbone learn to be open on the thing, and nowhere else.

Budgets, which fall over the first third, cost what gates are open beyond them, so that they choose. On views whose thing was cut
out and put somewhere, its mask says which gates were to be open; where a photo was put on a ground, those around it were not.
"""

from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F

from attnviz.nets.photo_gates import PhotoGates
from attnviz.train.photo import NEW
from attnviz.train.photo_features import Batch, FeatureRun
from attnviz.train.photo_weights import over, pooled

OPEN, CHANNELS_OPEN = 2.5, 1.5  # biases at first
CHANNEL_RATE = 2e-2
PLACES, CHANNELS = 0.25, 0.5  # mean gate of a photo that costs nothing,
TOO_OPEN, TOO_MANY = 2.0, 2.0  # and what more costs
MASKED = 1.0  # what a gate costs that is not as the mask says


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


def masked(scores: Tensor, masks: Tensor) -> Tensor:
    """Cross-entropy of the gates where the mask is known, (view, row, column) both."""
    known = ~masks.isnan()
    if not bool(known.any()):
        return scores.sum() * 0
    return F.binary_cross_entropy_with_logits(scores[known], masks[known])
