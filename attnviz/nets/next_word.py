"""A Transformer that looks back and says what comes next (Radford et al., 2018), with rotary positions (Su et al., 2021)."""

from torch import Tensor, nn
from torch.nn import functional as F

from attnviz.encode import EncodedText
from attnviz.layers.multi_head import MultiHead
from attnviz.nets.base import Decision, WordNet
from attnviz.nets.transformer import feed_forward
from attnviz.nets.words import word_there


class Layer(nn.Module):
    """Self-attention of each token over itself and those before it, then a feed-forward net; norms stand before both."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2))
        self.self_attention = MultiHead(width, heads, rotary=True)
        self.feed_forward = feed_forward(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, token, width) -> the same."""
        y = self.norms[0](x)
        x = x + self.dropout(self.self_attention(y, y, causal=True))
        return x + self.dropout(self.feed_forward(self.norms[1](x)))


class NextWord(WordNet):
    """Tokens of a text -> logits of the token after each; words are guessed by the embeddings that they are read by."""

    def __init__(self, size: int, width: int, heads: int, layers: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.embedding = nn.Embedding(size, width)
        nn.init.normal_(self.embedding.weight, std=0.02)
        self.layers = nn.ModuleList(Layer(width, heads, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.bias = nn.Parameter(self.embedding.weight.new_zeros(size))
        self.dropout = nn.Dropout(dropout)

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """(batch, token) of integers -> logits (batch, token, piece)."""
        return self.guesses(self.states(input_ids, attention_mask))

    def states(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:  # noqa: ARG002
        """The same -> (batch, token, width); padding stands behind a text, where no token of it looks."""
        x = self.dropout(self.embedding(input_ids))
        for layer in self.layers:
            x = layer(x)
        states: Tensor = self.norm(x)
        return states

    def guesses(self, states: Tensor) -> Tensor:
        """(..., width) -> logits (..., piece)."""
        return F.linear(states, self.embedding.weight, self.bias)

    def decide(self, outputs: Tensor, encoded: EncodedText) -> Decision:  # type: ignore[override]
        """The most probable words after the text."""
        return word_there(outputs[0], encoded, self.tokenizer, masked=False)
