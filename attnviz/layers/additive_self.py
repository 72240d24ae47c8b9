"""Additive self-attention with a window (Zheng et al., 2018, arXiv:1806.01264; the formula of keras-self-attention)."""

import torch
from torch import Tensor, nn

from attnviz.layers.masked_softmax import masked_softmax
from attnviz.layers.scores import Additive
from attnviz.probe import Probe


class AdditiveSelf(nn.Module):
    """softmax(v . tanh(W x_i + U x_j + b)) . x, over all positions j or those of a window.

    `units`: the length of v. `span`: number of positions in the window, None for all. The window of position i begins at
    i - span // 2, or with `history_only` at i - span + 1, so that it ends at i. A bias of the scores would change no weight.
    """

    def __init__(self, features: int, units: int = 32, span: int | None = None, history_only: bool = False) -> None:
        super().__init__()
        self.span = span
        self.history_only = history_only
        self.scores = Additive(features, features, units)
        self.probe = Probe("self", "additive-self", "softmax", ("query", "key"))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """(batch, position, feature), `mask` (batch, position) True at keys that may be looked at -> the same shape."""
        inside = self.window(x.shape[1]).to(x.device)
        seen = inside if mask is None else inside & mask[:, None]
        return self.probe(masked_softmax(self.scores(x, x), seen)) @ x

    def window(self, length: int) -> Tensor:
        """(query, key) of booleans, True inside."""
        span = length * 2 if self.span is None else self.span
        query, key = torch.arange(length)[:, None], torch.arange(length)
        first = query - (span - 1 if self.history_only else span // 2)
        return (first <= key) & (key < first + span)
