"""Attention pooling: a sequence becomes one vector, each step weighed by how well it matches a learned context."""

import torch
from torch import Tensor, nn

from attnviz.layers.masked_softmax import masked_softmax
from attnviz.probe import Probe


class ContextPooling(nn.Module):
    """a = softmax(tanh(x W + b) . u), then the sum of a x (Yang et al., 2016, "Hierarchical attention networks").

    u is the learned context, of `width` numbers, else as many as x has features. `axis` names what is pooled over,
    `role` what its weights are for in a net.
    """

    def __init__(self, features: int, width: int | None = None, axis: str = "key", role: str = "") -> None:
        super().__init__()
        self.hidden = nn.Linear(features, width or features)
        self.context = nn.Linear(width or features, 1, bias=False)
        self.probe = Probe("soft", "learned-context", "softmax", (axis,), role)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """(batch, key, feature), (batch, key) True at real steps -> (batch, feature); zeros where no step is real."""
        scores = self.context(torch.tanh(self.hidden(x))).squeeze(-1)
        return _pooled(self.probe(masked_softmax(scores, mask)), x)


class StepPooling(nn.Module):
    """a = softmax(tanh(x W + b)) over steps, then the sum of a x: the layer passed around as "Attention" for Keras.

    W has one number a feature. b is one number a step where the number of `steps` is given, and there is none where it
    is not; with it every input must have that many steps, for its positions are told apart.
    """

    def __init__(self, features: int, steps: int | None = None) -> None:
        super().__init__()
        self.weight = nn.Linear(features, 1, bias=False)
        self.bias = nn.Parameter(torch.zeros(steps)) if steps is not None else None
        self.probe = Probe("soft", "step-pooling", "softmax", ("key",))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """(batch, key, feature), (batch, key) True at real steps -> (batch, feature); ValueError for another number of steps."""
        scores = self.weight(x).squeeze(-1)
        if self.bias is not None:
            if x.shape[1] != len(self.bias):
                raise ValueError(f"{x.shape[1]} steps for {len(self.bias)} biases: make the layer without steps, or pad")
            scores = scores + self.bias
        return _pooled(self.probe(masked_softmax(torch.tanh(scores), mask)), x)


def _pooled(weights: Tensor, x: Tensor) -> Tensor:
    return (weights[:, None] @ x).squeeze(1)
