"""Feature maps whose channels changed places with rows or columns (triplet attention, arXiv:2010.03045).

A gate on such a map is one of places only where it is one in the order in which the map was made, (batch, channel, row, column).
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from attnviz.taps.followed import Followed, tensors
from attnviz.taps.traces import Traces

AS_MADE = (0, 1, 2, 3)
CHANNELS_FIRST = (0, 3, 1, 2)
SIZES = (2, 3, 5, 7)


class Turned(Followed):
    """Of each map that was turned, where its axes come from: axis i of it was axis `order[i]`."""

    def turned(self, func: Any, output: Any, source: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any], traces: Traces) -> None:
        """After a function that turns; a map whose channels came last and come first now is as others are made."""
        if source.ndim != 4 or not isinstance(output, Tensor):
            return
        with torch._C.DisableTorchFunction():
            shape = func(torch.empty(SIZES, device="meta"), *args, **kwargs).shape
        before = self._of.get(source, AS_MADE)
        order = tuple(before[SIZES.index(size)] for size in shape)
        trace = traces.of(source)
        if order != AS_MADE and not (order == CHANNELS_FIRST and (trace is None or trace.last)):
            self._of[output] = order

    def follow(self, output: Any, given: Iterable[Any]) -> None:
        """Whatever keeps the shape keeps the order."""
        if not isinstance(output, Tensor) or output.ndim != 4:
            return
        for tensor in tensors(given):
            order = self._of.get(tensor)
            if order is not None and tensor.shape == output.shape and tensor is not output:
                self._of[output] = order
                return

    def as_made(self, features: Tensor) -> tuple[int, ...] | None:
        """How to permute the axes of a map, or of a gate on it, to (batch, channel, row, column); None where they are so."""
        order = self._of.get(features) if self._of.data else None
        return None if order is None else tuple(order.index(axis) for axis in AS_MADE)
