"""Photo models whose attention stands on features of the frozen backbone: what is learned from is these features alone."""

from abc import abstractmethod
from typing import NamedTuple

import torch
from torch import Tensor

from attnviz.train.photo import HEARD, PhotoRun
from attnviz.train.photo_weights import less_moved


class Batch(NamedTuple):
    """Of some views: features of two depths (view, 432, 14, 14), the later ones (view, 320, 14, 14), Lite0's logits, and masks."""

    features: Tensor
    late: Tensor
    logits: Tensor
    masks: Tensor


class FeatureRun(PhotoRun[Batch]):
    """A recipe says where its net looks, and what it makes of evidence there."""

    @abstractmethod
    def weigh(self, evidence: Tensor, looked: Tensor, weight: float) -> tuple[Tensor, Tensor]:
        """Evidence (view, 1280, row, column), weights as `look` gives -> what the head gets (view, 1280), and what it costs."""

    def some(self, rows: Tensor) -> Batch:
        lessons = self.lessons.get()
        early, late = (part[rows].to(self.device).bfloat16() for part in (lessons.early, lessons.late))
        logits, masks = (part[rows].to(self.device).float() for part in (lessons.logits, lessons.masks))
        return Batch(torch.cat([early, late], dim=1), late, logits, masks)

    def decided(self, batch: Batch, looked: Tensor, weight: float) -> tuple[Tensor, Tensor]:
        with torch.autocast(self.device, torch.bfloat16):
            with torch.no_grad():
                evidence = self.net.backbone.widen(batch.late)
            weighed, cost = self.weigh(evidence, less_moved(looked, HEARD), weight)
        return self.net.head(weighed.float() * self.gain()), cost
