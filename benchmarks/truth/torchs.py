"""torch's own layers, which fold heads into the batch or run in kernels of their own."""

import math

import torch
from torch import Tensor, nn

from benchmarks.truth.draw import Draw
from benchmarks.truth.told import AGAIN, Telling


class MultiHead(Telling):
    """nn.MultiheadAttention, batch or sequence first; what it works out is worked out again from its weights."""

    def __init__(self, draw: Draw, c: int, h: int) -> None:
        super().__init__()
        self.first, self.needs = draw.chance(0.6), draw.chance(0.5)
        self.mha = nn.MultiheadAttention(c, h, batch_first=self.first)
        nn.init.normal_(self.mha.in_proj_weight, std=2 / math.sqrt(c))
        draw.note("torch", f"{'batch' if self.first else 'sequence'} first, need_weights {self.needs}")

    def forward(self, x: Tensor, y: Tensor, there: Tensor | None = None, seen: Tensor | None = None) -> Tensor:
        hidden = None if there is None else ~there
        blind = None if seen is None else ~seen
        self._tell(x, y, hidden, blind, "self" if y is x else "soft")
        given = [x, y, y] if self.first else [t.transpose(0, 1) for t in (x, y, y)]
        if y is x and not self.first:
            given = [given[0]] * 3
        out = self.mha(*given, key_padding_mask=hidden, attn_mask=blind, need_weights=self.needs, average_attn_weights=False)[0]
        return out if self.first else out.transpose(0, 1)

    def _tell(self, x: Tensor, y: Tensor, hidden: Tensor | None, blind: Tensor | None, kind: str) -> None:
        m, h = self.mha, self.mha.num_heads
        w, b = m.in_proj_weight.double().chunk(3), m.in_proj_bias.double().chunk(3)
        q, k = ((t.double() @ w[i].T + b[i]).unflatten(-1, (h, -1)).transpose(1, 2) for i, t in ((0, x), (1, y)))
        scores = q @ k.mT / math.sqrt(q.shape[-1])
        if blind is not None:
            scores = scores.masked_fill(blind, -torch.inf)
        if hidden is not None:
            scores = scores.masked_fill(hidden[:, None, None], -torch.inf)
        near = AGAIN if x.dtype == torch.float32 else 32 * torch.finfo(x.dtype).eps
        self.tell(scores.softmax(-1).nan_to_num(0.0), "head query key", kind, near, inside="mha")


class Encoder(nn.Module):
    """Self-attention, then perhaps cross-attention, as in a decoder."""

    def __init__(self, draw: Draw, c: int, h: int, crossing: bool) -> None:
        super().__init__()
        self.own = MultiHead(draw, c, h)
        self.cross = MultiHead(draw, c, h) if crossing else None
        self.causal = draw.chance(0.4)
        self.norm = nn.LayerNorm(c)

    def forward(self, x: Tensor, memory: Tensor | None = None, there: Tensor | None = None) -> Tensor:
        n = x.shape[1]
        seen = torch.ones(n, n, dtype=torch.bool).tril() if self.causal else None
        x = self.norm(x + self.own(x, x, there if self.cross is None else None, seen))
        return x if self.cross is None or memory is None else x + self.cross(x, memory, there)
