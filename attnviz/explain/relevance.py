"""Attention relevance weighted by gradients, for self-attention (Chefer et al., 2021, arXiv:2103.15679, equations 5 and 6)."""

from collections.abc import Sequence

import torch
from torch import Tensor


def relevance(weights: Sequence[Tensor], gradients: Sequence[Tensor]) -> Tensor:
    """Per layer, first to last, the weights (head, query, key) and the gradient of what was decided by them -> (query, key).

    In each layer the heads become one, the mean of the positive parts of gradient times weight; starting from the identity, what
    that passes on is added. Row i says how much each position of the input counts for the decision, read at position i of the
    last layer.
    """
    found = torch.eye(weights[0].shape[-1], dtype=weights[0].dtype)
    for of_layer, gradient in zip(weights, gradients, strict=True):
        found = found + (of_layer * gradient).clamp_min(0).mean(0) @ found
    return found
