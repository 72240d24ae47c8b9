"""Masks, kept once however many layers share them, and no larger than what they say."""

from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary


class Masks:
    """The masks of one recording."""

    def __init__(self) -> None:
        self._kept: Any = WeakTensorKeyDictionary()

    def kept(self, mask: Tensor) -> NDArray[Any]:
        """(batch or 1, head or 1, query or 1, key), booleans (True: seen) or numbers to add to the scores."""
        version = None if mask.is_inference() else mask._version
        before = self._kept.get(mask)
        if before is not None and version is not None and before[0] == version:
            return before[1]
        copy = _small(mask.detach()[(None,) * (4 - mask.ndim)]).numpy()
        self._kept[mask] = (version, copy)
        return copy


def _small(mask: Tensor) -> Tensor:
    """A copy in which axes along which nothing changes have one position."""
    for axis in range(3):
        first = mask.narrow(axis, 0, 1)
        if mask.shape[axis] > 1 and (mask.stride(axis) == 0 or bool((mask == first).all())):
            mask = first
    return mask.to("cpu", torch.bool if mask.dtype == torch.bool else torch.float32, copy=True)
