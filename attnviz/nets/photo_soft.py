"""EfficientNet-Lite0 with one soft look before its decision: weights over 14 x 14 places that sum to 1.

What decides is the mean of the evidence by these weights, and the head is linear: the logits are the same mean of what each place
would say alone. Nothing goes around the look.
"""

import torch
from torch import Tensor

from attnviz.layers.place_pooling import PlacePooling
from attnviz.nets.on_lite0 import EARLY, LATE, OnLite0


class PhotoSoft(OnLite0):
    """`width` is that of the network behind the weights."""

    def __init__(self, labels: int, width: int = 64) -> None:
        super().__init__(labels)
        self.look = PlacePooling(EARLY + LATE, width)

    def decided(self, early: Tensor, late: Tensor) -> Tensor:
        """Features behind the fifth and the seventh stage, (batch, 112 and 320, row, column) -> logits (batch, label)."""
        logits: Tensor = self.head(self.look(torch.cat([early, late], dim=1), of=self.backbone.widen(late)))
        return logits
