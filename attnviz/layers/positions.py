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


def rotated(states: Tensor, base: float = 10_000.0) -> Tensor:
    """(..., position, feature) -> the same: features 2i and 2i + 1 turned as a pair by position * base^(-2i / features).

    Rotary positions (Su et al., 2021, arXiv:2104.09864): the dot product of a turned query with a turned key depends on their
    distance alone. `features` is even, else ValueError.
    """
    length, features = states.shape[-2:]
    if features % 2:
        raise ValueError(f"{features} features a head make no pairs to turn: take an even number")
    rates = base ** -(torch.arange(0, features, 2, dtype=torch.float64, device=states.device) / features)
    angles = torch.arange(length, dtype=torch.float64, device=states.device)[:, None] * rates
    sine, cosine = angles.sin().to(states.dtype), angles.cos().to(states.dtype)
    even, odd = states[..., 0::2], states[..., 1::2]
    return torch.stack([even * cosine - odd * sine, even * sine + odd * cosine], dim=-1).flatten(-2)
