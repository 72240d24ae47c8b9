"""What every net of attnviz offers beside its weights."""

from collections.abc import Callable
from typing import Any

from torch import Tensor, nn

from attnviz.cards import ModelCard


class Net(nn.Module):
    """A module that maps the tensors of its border to logits; `load` attaches its card and its border.

    `card` describes the model, `encode` turns raw input into an `Encoded` (see attnviz.encode).
    """

    card: ModelCard
    encode: Callable[..., Any]

    forward: Callable[..., Tensor]
    """Tensors of one batch -> logits (batch, label)."""
