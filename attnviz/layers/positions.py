"""Where a position stands, for layers that do not know it by themselves."""

import torch
from torch import Tensor


def sinusoids(length: int, width: int, base: float = 10_000.0) -> Tensor:
    """(position, width): sines in even columns and cosines in odd ones, of wavelengths from 2 pi to base * 2 pi.

    Vaswani et al., 2017, arXiv:1706.03762, section 3.5. `width` is even.
    """
    rates = base ** -(torch.arange(0, width, 2, dtype=torch.float64) / width)
    angles = torch.arange(length, dtype=torch.float64)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1).float()
