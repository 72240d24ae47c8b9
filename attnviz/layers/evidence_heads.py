"""Heads of attention that share out the channels of what they read: each mixes its own part of them by where it looks.

Attention as of Vaswani et al., 2017 (arXiv:1706.03762), whose values are not projected but given: features that something behind
already knows how to read.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class EvidenceHeads(nn.Module):
    """softmax(query . key / sqrt(feature)) . evidence in `heads` subspaces, in torch's fused kernel.

    `width`: features of the tokens, of which queries and keys are made. The first token is no place: it looks, and has no evidence.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"{width} features and {heads} heads: the second must divide the first")
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)

    def forward(self, tokens: Tensor, evidence: Tensor) -> Tensor:
        """(batch, 1 + place, width), (batch, place, channel) -> what each token read, (batch, 1 + place, channel).

        Each head reads channel / heads channels, one after another.
        """
        values = self.split(F.pad(evidence, (0, 0, 1, 0)))
        places = torch.arange(tokens.shape[1], device=tokens.device) > 0
        mask = places.expand(tokens.shape[1], -1)
        read = F.scaled_dot_product_attention(self.split(self.query(tokens)), self.split(self.key(tokens)), values, attn_mask=mask)
        return read.transpose(1, 2).flatten(2)

    def split(self, states: Tensor) -> Tensor:
        """(batch, position, features of all heads) -> (batch, head, position, feature)."""
        return states.view(*states.shape[:2], self.heads, -1).transpose(1, 2)
