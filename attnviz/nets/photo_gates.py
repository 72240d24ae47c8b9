"""EfficientNet-Lite0 with gates before its decision: which channels count, and which places.

What decides is the mean over places of gated evidence, and the head is linear: a logit is a sum over 14 x 14 places, to which a
place whose gate is shut adds nothing. No skip connection goes around the gates. What a place knows it has gathered from a good part
of the photo, and the gates are read from that, and from earlier features that know better where things end.
"""

import torch
from torch import Tensor

from attnviz.layers.bam import ChannelBranch, SpatialBranch
from attnviz.nets.efficientnet_lite import HEAD
from attnviz.nets.on_lite0 import EARLY, LATE, OnLite0


class PhotoGates(OnLite0):
    """`width` is that of the network behind the spatial gates, `reduction` narrows that behind the channel gates."""

    def __init__(self, labels: int, width: int = 64, reduction: int = 16) -> None:
        super().__init__(labels)
        self.channel = ChannelBranch(HEAD, reduction)
        self.spatial = SpatialBranch(EARLY + LATE, width)

    def decided(self, early: Tensor, late: Tensor) -> Tensor:
        """Features behind the fifth and the seventh stage, (batch, 112 and 320, row, column) -> logits (batch, label)."""
        evidence = self.spatial(torch.cat([early, late], dim=1), of=self.channel(self.backbone.widen(late)))
        logits: Tensor = self.head(evidence.mean((2, 3)))
        return logits
