"""Multi-head attention (Vaswani et al., 2017, arXiv:1706.03762, section 3.2), and what has become of it."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnviz.layers.positions import rotated


class MultiHead(nn.Module):
    """softmax(query . key / sqrt(feature)) . value in `heads` subspaces, side by side, in torch's fused kernel.

    The recorder takes query and key from the kernel's call, so the weights are formed only where someone looks.

    `groups`: so many heads of keys and values, each shared by heads / groups heads of queries (grouped-query attention, Ainslie
    et al., 2023, arXiv:2305.13245; with one it is multi-query, Shazeer, 2019, arXiv:1911.02150), else one for each.
    `memory`: features of what is looked at, else `width`. `rotary`: queries and keys are turned by their places.
    `role`: what its weights are for in a net, as of a probe.
    """

    def __init__(
        self, width: int, heads: int, groups: int | None = None, memory: int | None = None, rotary: bool = False, role: str = ""
    ) -> None:  # fmt: skip
        super().__init__()
        self.heads, self.groups = heads, groups or heads
        if width % heads or heads % self.groups:
            raise ValueError(f"{width} features, {heads} heads and {self.groups} groups: each must divide the one before it")
        self.rotary = rotary
        self.role = role
        shared = width // heads * self.groups
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(memory or width, shared)
        self.value = nn.Linear(memory or width, shared)
        self.out = nn.Linear(width, width)

    def forward(
        self, query: Tensor, key: Tensor, mask: Tensor | None = None, causal: bool = False, reach: int | None = None
    ) -> Tensor:
        """(batch, query, width), (batch, key, memory) -> (batch, query, width).

        `mask`: (batch, key), True at keys that may be looked at. `causal`: query i looks at keys 0 to i. `reach`: at most so
        many positions away (sliding window; Beltagy et al., 2020, arXiv:2004.05150).
        """
        return self.attend(query, *self.projected(key), mask, causal, reach)

    def projected(self, key: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, key, memory) -> keys and values, each (batch, group, key, feature), for a decoder that keeps them."""
        return self._turned(self._split(self.key(key), self.groups)), self._split(self.value(key), self.groups)

    def attend(
        self, query: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None = None, causal: bool = False,
        reach: int | None = None,
    ) -> Tensor:  # fmt: skip
        """`forward` from keys and values that went through `projected`."""
        seen = None if mask is None else mask[:, None, None, :]
        if reach is not None:
            inside = window(query.shape[1], keys.shape[2], reach, causal).to(query.device)
            seen, causal = inside if seen is None else seen & inside, False
        mixed = F.scaled_dot_product_attention(
            self._turned(self._split(self.query(query), self.heads)), keys, values, attn_mask=seen, is_causal=causal,
            enable_gqa=self.groups != self.heads,
        )  # fmt: skip
        return self.out(mixed.transpose(1, 2).flatten(2))

    def _turned(self, states: Tensor) -> Tensor:
        return rotated(states) if self.rotary else states

    def _split(self, states: Tensor, heads: int) -> Tensor:
        """(batch, position, features of all heads) -> (batch, head, position, feature)."""
        return states.view(*states.shape[:2], heads, -1).transpose(1, 2)


def window(queries: int, keys: int, reach: int, causal: bool = False) -> Tensor:
    """(query, key) of booleans: True where the key stands at most `reach` positions from the query, and with `causal` not later."""
    later = torch.arange(keys) - torch.arange(queries)[:, None]
    return (later >= -reach) & (later <= (0 if causal else reach))
