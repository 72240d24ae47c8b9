"""The recipe of `photo-soft`: one look on a pretrained backbone learns to lie on the thing, and to be no wider than a budget."""

from typing import Any

import torch
from torch import Tensor, nn

from attnviz.nets.photo_soft import PhotoSoft
from attnviz.train.photo import NEW
from attnviz.train.photo_features import Batch, FeatureRun
from attnviz.train.photo_weights import marked, over, pooled, spread

PLACES = 0.25  # share of the places that weights may be spread over for nothing,
TOO_WIDE = 4.0  # and what more costs
MARKED = 0.5  # what weights cost that are not where the mask says


class SoftRun(FeatureRun):
    """Weights over places, with a budget."""

    net: PhotoSoft

    def begin(self) -> None:
        last = self.net.look.scores[-1]
        nn.init.zeros_(last.weight)  # type: ignore[arg-type]
        nn.init.zeros_(last.bias)  # type: ignore[arg-type]

    def fast(self) -> list[dict[str, Any]]:
        return [{"params": [*self.net.look.parameters()], "lr": NEW}]

    def look(self, batch: Batch, weight: float) -> tuple[Tensor, Tensor]:
        scores = self.net.look.scores(batch.features)[:, 0].float()
        weights = scores.flatten(1).softmax(-1).view_as(scores)
        free = batch.masks.isnan().flatten(1).all(1)
        cost = MARKED * marked(weights, batch.masks)
        return weights, cost + TOO_WIDE * over(spread(weights[free]), PLACES, weight)

    def weigh(self, evidence: Tensor, looked: Tensor, weight: float) -> tuple[Tensor, Tensor]:  # noqa: ARG002  (all are handed three)
        return pooled(looked, evidence), torch.zeros(())
