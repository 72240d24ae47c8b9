"""Attention over features: the gate of a vector on itself, as it is passed around for Keras with a Dense layer and a softmax."""

from torch import Tensor, nn

from attnviz.probe import Probe


class FeatureAttention(nn.Module):
    """softmax(W x + b) * x: each step spreads 1 over its own features, and nothing passes between steps."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.dense = nn.Linear(features, features)
        self.probe = Probe("soft", "feature", "softmax", ("query", "key"))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, step, feature) -> the same; the weights' queries are steps, and their keys features."""
        return self.probe(self.dense(x).softmax(-1)) * x
