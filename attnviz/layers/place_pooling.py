"""Soft attention over the places of a photo (Xu et al., 2015, arXiv:1502.03044, section 4.2), with a single look."""

from torch import Tensor, nn

from attnviz.layers.bam import scorer
from attnviz.probe import Probe


class PlacePooling(nn.Module):
    """softmax over all places of a small network's scores, then the sum of what stands there, each place by its weight.

    The network is that of `SpatialBranch`: `channels` to `width` at each place, twice 3 x 3 with a wide dilation, to one score.
    """

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.scores = scorer(channels, width)
        self.probe = Probe("soft", "place-pooling", "softmax", ("key_row", "key_column"), "places")

    def forward(self, x: Tensor, of: Tensor | None = None) -> Tensor:
        """(batch, channel, row, column) -> (batch, channel), or of `of`, (batch, any, row, column), (batch, any)."""
        values = x if of is None else of
        scores = self.scores(x)[:, 0]
        weights = self.probe(scores.flatten(1).softmax(-1).view_as(scores), of=values)
        return (values.flatten(2) @ weights.flatten(1)[:, :, None])[:, :, 0]
