"""Photo models whose attention stands on features of the backbone: its last stages learn with the decision, and by it alone."""

from abc import abstractmethod
from typing import NamedTuple

import torch
from torch import Tensor, nn

from attnviz.nets.efficientnet_lite import DILATED
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

    def deeper(self) -> list[nn.Module]:
        return [*self.net.backbone.stages[DILATED:], self.net.backbone.widen]

    def some(self, rows: Tensor) -> Batch:
        lessons = self.lessons.get()
        early = lessons.early[rows].to(self.device).to(torch.bfloat16, memory_format=torch.channels_last)
        logits, masks = (part[rows].to(self.device).float() for part in (lessons.logits, lessons.masks))
        with (
            torch.set_grad_enabled(torch.is_grad_enabled() and self.deciding),
            torch.autocast(self.device, torch.bfloat16),
        ):
            late = self.net.backbone.tail(early)
        return Batch(torch.cat([early, late.detach()], dim=1), late, logits, masks)

    def decided(self, batch: Batch, looked: Tensor, weight: float) -> tuple[Tensor, Tensor]:
        with torch.autocast(self.device, torch.bfloat16):
            evidence = self.net.backbone.widen(batch.late)
            weighed, cost = self.weigh(evidence, less_moved(looked, HEARD), weight)
        return self.net.head(weighed.float() * self.gain()), cost
