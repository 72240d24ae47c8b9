"""An encoder-decoder Transformer (Vaswani et al., 2017, arXiv:1706.03762) with norms before its layers (Xiong et al., 2020)."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnviz.layers.multi_head import MultiHead
from attnviz.layers.positions import sinusoids
from attnviz.nets.translator import State, Translator

LONGEST = 512


class EncoderLayer(nn.Module):
    """Self-attention over the source, then a feed-forward net."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.self_attention = MultiHead(width, heads)
        self.feed_forward = feed_forward(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(batch, source, width), mask (batch, source) -> the same."""
        y = self.norms[0](x)
        x = x + self.dropout(self.self_attention(y, y, mask))
        return x + self.dropout(self.feed_forward(self.norms[1](x)))


class DecoderLayer(nn.Module):
    """Masked self-attention over the output so far, cross-attention to the source, then a feed-forward net."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.self_attention = MultiHead(width, heads)
        self.cross_attention = MultiHead(width, heads)
        self.feed_forward = feed_forward(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        """(batch, target, width), memory (batch, source, width), mask (batch, source) -> (batch, target, width)."""
        y = self.norms[0](x)
        x = x + self.dropout(self.self_attention(y, y, causal=True))
        x = x + self.dropout(self.cross_attention(self.norms[1](x), memory, mask))
        return x + self.dropout(self.feed_forward(self.norms[2](x)))


class Transformer(Translator):
    """Tokens of the source and of the output so far -> logits of the next token; input and output embeddings are shared."""

    sides = {  # noqa: RUF012
        "encoder.*": ("source", "source"),
        "decoder.*.self_attention": ("input", "input"),
        "decoder.*.cross_attention": ("output", "source"),
    }
    aligner = ("decoder.2.cross_attention", 1)

    positions: Tensor

    def __init__(
        self, source_size: int, target_size: int, width: int, heads: int, encoder_layers: int, decoder_layers: int,
        dropout: float = 0.1,
    ) -> None:  # fmt: skip
        super().__init__()
        self.source_embedding = nn.Embedding(source_size, width)
        self.embedding = nn.Embedding(target_size, width)
        for embedding in (self.source_embedding, self.embedding):
            nn.init.normal_(embedding.weight, std=width**-0.5)
        self.encoder = nn.ModuleList(EncoderLayer(width, heads, dropout) for _ in range(encoder_layers))
        self.decoder = nn.ModuleList(DecoderLayer(width, heads, dropout) for _ in range(decoder_layers))
        self.encoder_norm, self.decoder_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.bias = nn.Parameter(torch.zeros(target_size))
        self.dropout = nn.Dropout(dropout)
        self.register_buffer("positions", sinusoids(LONGEST, width), persistent=False)

    def forward(self, source: Tensor, source_mask: Tensor, target: Tensor) -> Tensor:
        """See Translator."""
        return self._logits(self._decode(target, self._encode(source, source_mask), source_mask))

    def start(self, source: Tensor, source_mask: Tensor) -> State:
        """The encoded source, and no output yet."""
        nothing = source.new_zeros(len(source), 0)
        return {"memory": self._encode(source, source_mask), "mask": source_mask, "target": nothing}

    def advance(self, state: State, tokens: Tensor) -> tuple[Tensor, State]:
        """The whole output so far is decoded again, which for a sentence costs less than a cache would save."""
        target = torch.cat([state["target"], tokens[:, None]], dim=1)
        last = self._decode(target, state["memory"], state["mask"])[:, -1]
        return self._logits(last), {**state, "target": target}

    def _encode(self, source: Tensor, mask: Tensor) -> Tensor:
        x = self._embedded(self.source_embedding, source)
        for layer in self.encoder:
            x = layer(x, mask)
        return self.encoder_norm(x)

    def _decode(self, target: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        x = self._embedded(self.embedding, target)
        for layer in self.decoder:
            x = layer(x, memory, mask)
        return self.decoder_norm(x)

    def _embedded(self, embedding: nn.Embedding, ids: Tensor) -> Tensor:
        scaled = embedding(ids) * math.sqrt(embedding.embedding_dim)
        return self.dropout(scaled + self.positions[: ids.shape[1]])

    def _logits(self, states: Tensor) -> Tensor:
        return F.linear(states, self.embedding.weight, self.bias)


def feed_forward(width: int) -> nn.Sequential:
    """Two linear layers, the inner one four times as wide."""
    return nn.Sequential(nn.Linear(width, 4 * width), nn.ReLU(), nn.Linear(4 * width, width))
