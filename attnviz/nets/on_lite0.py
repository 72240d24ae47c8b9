"""What the photo models share: the backbone of EfficientNet-Lite0, its grid kept at 14 x 14, and its linear head.

Between the two stands an attention of one kind or another. The head is linear, so where evidence is summed over places a logit is
a sum over places too.
"""

from collections.abc import Callable

from torch import Tensor, nn

from attnviz.nets.base import Net
from attnviz.nets.efficientnet_lite import HEAD, STAGES, Backbone

EARLY, LATE = STAGES[4].channels, STAGES[6].channels


class OnLite0(Net):
    """`decided` says what a kind of attention makes of the features."""

    features = "backbone.widen"

    def __init__(self, labels: int) -> None:
        super().__init__()
        self.backbone = Backbone(dilated=True)
        self.head = nn.Linear(HEAD, labels)

    decided: Callable[[Tensor, Tensor], Tensor]
    """Features behind the fifth and the seventh stage, (batch, 112 and 320, row, column) -> logits (batch, label)."""

    def forward(self, image: Tensor) -> Tensor:
        """(batch, 3, row, column), normalised -> logits (batch, label)."""
        early = self.backbone.lower(image)
        return self.decided(early, self.backbone.tail(early))
