"""Softmax over keys of which some may be hidden."""

import torch
from torch import Tensor


def masked_softmax(scores: Tensor, mask: Tensor | None = None, temperature: float = 1.0) -> Tensor:
    """softmax(scores / temperature) over the last axis, among the keys that `mask` allows; the same shape as `scores`.

    `mask` is boolean, True where a key may be looked at, and broadcasts to `scores`; a score of -inf hides a key as well.
    A row that may look at nothing is all zeros, never NaN, and so are its gradients. A low temperature sharpens, a high
    one evens out. ValueError where the temperature is not above 0.
    """
    if not temperature > 0:
        raise ValueError(f"a temperature of {temperature} is not above 0: for the hard choice take the largest score")
    seen = scores != -torch.inf if mask is None else mask & (scores != -torch.inf)
    # Filled with the least finite number, for with -inf a row without keys would be 0 / 0, in the gradient too.
    least = torch.finfo(scores.dtype).min
    weights = (scores / temperature).masked_fill(~seen, least).softmax(-1)
    return weights.masked_fill(~seen, 0.0)
