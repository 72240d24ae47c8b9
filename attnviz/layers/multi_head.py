"""Multi-head attention (Vaswani et al., 2017, arXiv:1706.03762, section 3.2)."""

from torch import Tensor, nn
from torch.nn import functional as F


class MultiHead(nn.Module):
    """softmax(query . key / sqrt(feature)) . value in `heads` subspaces, side by side, in torch's fused kernel.

    The recorder takes query and key from the kernel's call, so the weights are formed only where someone looks.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.out = nn.Linear(width, width)

    def forward(self, query: Tensor, key: Tensor, mask: Tensor | None = None, causal: bool = False) -> Tensor:
        """(batch, query, width), (batch, key, width) -> (batch, query, width).

        `mask`: (batch, key), True at keys that may be looked at. `causal`: query i looks at keys 0 to i.
        """
        return self.attend(query, *self.projected(key), mask, causal)

    def projected(self, key: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, key, width) -> keys and values, each (batch, head, key, feature), for a decoder that keeps them."""
        return self._split(self.key(key)), self._split(self.value(key))

    def attend(self, query: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None = None, causal: bool = False) -> Tensor:
        """`forward` from keys and values that went through `projected`."""
        seen = None if mask is None else mask[:, None, None, :]
        mixed = F.scaled_dot_product_attention(self._split(self.query(query)), keys, values, attn_mask=seen, is_causal=causal)
        return self.out(mixed.transpose(1, 2).flatten(2))

    def _split(self, states: Tensor) -> Tensor:
        """(batch, position, width) -> (batch, head, position, feature)."""
        return states.view(*states.shape[:2], self.heads, -1).transpose(1, 2)
