"""What was pooled over all positions of a feature map, and what was made of that: the evidence of a gate of channels.

Where a map has several positions along each of its axes, shapes say as much. Over a single place, or a single row, they do not.
"""

from collections.abc import Iterable
from typing import Any

from torch import Tensor

from attnviz.taps.followed import Followed, tensors
from attnviz.taps.products import constant


class Pooled(Followed):
    """Tensors that hold no more than one number a channel of each example, whatever became of it."""

    def __contains__(self, tensor: Any) -> bool:
        return bool(self._of.data) and isinstance(tensor, Tensor) and tensor in self._of

    def mean(self, output: Any, source: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Over all axes but two, the examples' and the channels'."""
        axes = kwargs.get("dim", args[0] if args else None)
        count = len(axes) if isinstance(axes, list | tuple) else 1 if isinstance(axes, int) else 0
        if count and count == source.ndim - 2:
            self._keep(output)

    def pool(self, output: Any, source: Tensor) -> None:
        shape = output.shape if isinstance(output, Tensor) else ()
        if len(shape) == source.ndim > 2 and set(shape[2:]) == {1}:
            self._keep(output)

    def follow(self, output: Any, given: Iterable[Any]) -> None:
        """What is made of nothing else is pooled too."""
        others = [tensor for tensor in tensors(given) if tensor.ndim > 1 and not constant(tensor)]
        if others and all(tensor in self._of for tensor in others):
            self._keep(tuple(output) if isinstance(output, list) else output)

    def _keep(self, output: Any) -> None:
        for tensor in (output,) if isinstance(output, Tensor) else output if isinstance(output, tuple) else ():
            if isinstance(tensor, Tensor) and tensor.is_floating_point():
                self._of[tensor] = True
