"""An encoder-decoder Transformer (Vaswani et al., 2017, arXiv:1706.03762) with norms before its layers (Xiong et al., 2020)."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnviz.layers.multi_head import MultiHead
from attnviz.layers.positions import sinusoids
from attnviz.nets.translator import Aligner, State, Translator

LONGEST = 512


class EncoderLayer(nn.Module):
    """Self-attention over a sequence, then a feed-forward net `inner` wide."""

    def __init__(self, width: int, heads: int, dropout: float, inner: int | None = None) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.self_attention = MultiHead(width, heads, role="reading")
        self.feed_forward = feed_forward(width, inner)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor | None = None, first: int | None = None) -> Tensor:
        """(batch, position, width), mask (batch, position) -> the same, or only its `first` positions."""
        y = self.norms[0](x)
        x = x[:, :first] + self.dropout(self.self_attention(y[:, :first], y, mask))
        return x + self.dropout(self.feed_forward(self.norms[1](x)))


class DecoderLayer(nn.Module):
    """Masked self-attention over the output so far, cross-attention to the source, then a feed-forward net."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.self_attention = MultiHead(width, heads, role="writing")
        self.cross_attention = MultiHead(width, heads, role="alignment")
        self.feed_forward = feed_forward(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        """(batch, target, width), memory (batch, source, width), mask (batch, source) -> (batch, target, width)."""
        y = self.norms[0](x)
        x = x + self.dropout(self.self_attention(y, y, causal=True))
        x = x + self.dropout(self.cross_attention(self.norms[1](x), memory, mask))
        return x + self.dropout(self.feed_forward(self.norms[2](x)))

    def start(self, memory: Tensor) -> State:
        """(batch, source, width) -> the source's keys and values, and none of the output's yet."""
        keys, values = self.cross_attention.projected(memory)
        return {"source key": keys, "source value": values, "key": keys[:, :, :0], "value": values[:, :, :0]}

    def advance(self, x: Tensor, state: State, mask: Tensor) -> tuple[Tensor, State]:
        """(batch, 1, width) of the newest token -> the same, and the state with its key and value."""
        y = self.norms[0](x)
        newest = zip((state["key"], state["value"]), self.self_attention.projected(y), strict=True)
        keys, values = (torch.cat(pair, dim=2) for pair in newest)
        x = x + self.self_attention.attend(y, keys, values)
        x = x + self.cross_attention.attend(self.norms[1](x), state["source key"], state["source value"], mask)
        return x + self.feed_forward(self.norms[2](x)), {**state, "key": keys, "value": values}


class Transformer(Translator):
    """Tokens of the source and of the output so far -> logits of the next token; input and output embeddings are shared."""

    aligner = Aligner("decoder.2.cross_attention", head=0)  # the head that the recipe guides

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
        """The keys and values of the source in every layer of the decoder."""
        memory = self._encode(source, source_mask)
        parts = {f"{i} {name}": part for i, layer in enumerate(self._layers()) for name, part in layer.start(memory).items()}
        return {"mask": source_mask, **parts}

    def advance(self, state: State, tokens: Tensor) -> tuple[Tensor, State]:
        """One token through the decoder, whose earlier keys and values are in the state."""
        x = self._embedded(self.embedding, tokens[:, None], first=state["0 key"].shape[2])
        new = dict(state)
        for i, layer in enumerate(self._layers()):
            part = {name.partition(" ")[2]: value for name, value in state.items() if name.startswith(f"{i} ")}
            x, part = layer.advance(x, part, state["mask"])
            new |= {f"{i} {name}": value for name, value in part.items()}
        return self._logits(self.decoder_norm(x))[:, 0], new

    def _layers(self) -> list[DecoderLayer]:
        return [layer for layer in self.decoder if isinstance(layer, DecoderLayer)]

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

    def _embedded(self, embedding: nn.Embedding, ids: Tensor, first: int = 0) -> Tensor:
        scaled = embedding(ids) * math.sqrt(embedding.embedding_dim)
        return self.dropout(scaled + self.positions[first : first + ids.shape[1]])

    def _logits(self, states: Tensor) -> Tensor:
        return F.linear(states, self.embedding.weight, self.bias)


def feed_forward(width: int, inner: int | None = None) -> nn.Sequential:
    """Two linear layers with `inner` features between them, without it four times as many as outside."""
    inner = inner or 4 * width
    return nn.Sequential(nn.Linear(width, inner), nn.ReLU(), nn.Linear(inner, width))
