"""What if heads gave nothing: `with switched_off({(3, 9)}, of=6): model(...)`, for any model that attends in torch's fused kernel.

`intervene` changes the weights of attnviz' own layers; this reaches heads of models of others too, and asks for no layer's name.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from attnviz.errors import ChangeError

Head = tuple[int, int]  # layer and head, counted from 0


@contextmanager
def switched_off(heads: Collection[Head] | Sequence[Collection[Head]], of: int) -> Iterator[None]:
    """In the call made inside the block, in this thread, these heads give zeros: their values are 0, and their weights stay.

    With a sequence of collections the first is for the first example of the batch, and so on. `of`: how many layers attend in one
    call of the model; ChangeError where there are others, or where there is no such head. Nothing is set on the model.
    """
    by_example = [heads] if isinstance(heads, set | frozenset) else list(heads)
    with _Silent(by_example, of) as calls:  # type: ignore[arg-type]
        yield
    if calls.count != of:
        raise ChangeError(
            f"{calls.count} calls of the fused kernel were seen, not one for each of {of} layers",
            "leave its heads on",
        )


class _Silent(TorchFunctionMode):
    """Layers are told by the order of their calls."""

    def __init__(self, by_example: Sequence[Collection[Head]], of: int) -> None:
        super().__init__()
        self.by_example, self.of, self.count = by_example, of, 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func is not F.scaled_dot_product_attention:
            return func(*args, **kwargs)
        layer, self.count = self.count, self.count + 1
        query, key, value = (args[i] if i < len(args) else kwargs.pop(name) for i, name in enumerate(("query", "key", "value")))
        off = self._off(layer, query.shape[1])
        if off.any():
            if query.shape[1] != value.shape[1]:  # several heads share their values
                key, value = (states.repeat_interleave(query.shape[1] // states.shape[1], 1) for states in (key, value))
            value = value.masked_fill(off[:, :, None, None], 0)
        return func(query, key, value, *args[3:], **kwargs)

    def _off(self, layer: int, heads: int) -> Tensor:
        """(example or 1, head), True where nothing is to come."""
        found = torch.zeros(len(self.by_example), heads, dtype=torch.bool)
        for row, some in enumerate(self.by_example):
            for place, head in some:
                if not (0 <= place < self.of and (place != layer or 0 <= head < heads)):
                    raise ChangeError(f"there is no head {head} in layer {place}", f"there are {self.of} layers of {heads} heads")
                found[row, head] |= place == layer
        return found
