"""Multi-head latent attention: keys and values are made of one short vector a position (DeepSeek-AI, 2024, arXiv:2405.04434)."""

from torch import Tensor, nn

from attnviz.layers.multi_head import MultiHead


class LowRank(nn.Module):
    """Multi-head attention whose keys and values come from `rank` numbers a position: all that a decoder must keep.

    Section 2.1.2 of the paper, without its rotary part, which needs a key of its own. With the full rank any multi-head
    attention can be written so.
    """

    def __init__(self, width: int, heads: int, rank: int) -> None:
        super().__init__()
        self.down = nn.Linear(width, rank, bias=False)
        self.attention = MultiHead(width, heads, memory=rank)

    def forward(self, x: Tensor, mask: Tensor | None = None, causal: bool = False) -> Tensor:
        """(batch, position, width), `mask` (batch, position) True at real positions -> the same shape."""
        return self.attention(x, self.down(x), mask, causal)
