"""Self-attention without projections: query, key and value are the input itself."""

from torch import Tensor, nn

from attnviz.layers.masked_softmax import masked_softmax
from attnviz.probe import Probe


class PlainSelf(nn.Module):
    """softmax(x . x) . x, without a single parameter: each position is mixed with those that it resembles.

    What Vaswani et al. (2017, arXiv:1706.03762, section 3.2) leave when projections, scale and heads are taken away.
    """

    def __init__(self) -> None:
        super().__init__()
        self.probe = Probe("self", "plain-self", "softmax", ("query", "key"))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """(batch, position, feature), `mask` (batch, position) True at keys that may be looked at -> the same shape."""
        return self.probe(masked_softmax(x @ x.transpose(1, 2), None if mask is None else mask[:, None])) @ x
