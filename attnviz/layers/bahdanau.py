"""Additive attention of an encoder-decoder (Bahdanau et al., 2015, arXiv:1409.0473)."""

from torch import Tensor, nn

from attnviz.layers.masked_softmax import masked_softmax
from attnviz.layers.scores import Additive
from attnviz.probe import Probe


class Bahdanau(nn.Module):
    """weights = softmax over keys of v . tanh(W query + U key); the context is the weighted sum of the keys.

    `query`, `key`: numbers of features; `width`: that of v.
    """

    def __init__(self, query: int, key: int, width: int) -> None:
        super().__init__()
        self.scores = Additive(query, key, width)
        self.probe = Probe("soft", "bahdanau", "softmax", ("query", "key"), "alignment")

    def forward(self, query: Tensor, key: Tensor, mask: Tensor | None = None) -> Tensor:
        """(batch, query, feature), (batch, key, key feature), mask (batch, key) -> contexts (batch, query, key feature)."""
        return self.contexts(self.weights(query, self.scores.key(key), mask), key)

    def weights(self, query: Tensor, projected: Tensor, mask: Tensor | None = None) -> Tensor:
        """The same up to the weights (batch, query, key), from keys that went through `scores.key` once."""
        return masked_softmax(self.scores.combine(query, projected), None if mask is None else mask[:, None])

    def contexts(self, weights: Tensor, key: Tensor) -> Tensor:
        """(batch, query, key), (batch, key, feature) -> (batch, query, feature); what passes here is what is recorded."""
        return self.mixed(self.probe(weights), key)

    def mixed(self, weights: Tensor, key: Tensor) -> Tensor:
        """The same unrecorded, for a decoder that needs each step's context before the next and shows them all at the end."""
        return weights @ key
