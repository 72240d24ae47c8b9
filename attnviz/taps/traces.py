"""Where tensors come from: enough to tell self- from cross-attention, and scores from any other numbers.

Followed by storage, so that views, transposed or split, need no attention of their own. A projection starts a trace anew;
sums, products with numbers, norms and copies carry it on.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from attnviz.maps import Kind

REMEMBERED = 4096


def variants(*names: str) -> frozenset[Any]:
    """Every function of torch, of tensors and of torch.nn.functional that has one of these names."""
    rooms = (torch, Tensor, F)
    return frozenset(getattr(room, name) for room in rooms for name in names if hasattr(room, name))


PROJECTIONS, CONVOLUTIONS = variants("linear"), variants("conv1d", "conv2d", "conv3d")
SUMS_WITH_PROJECTIONS = variants("addmm")
CARRIES = variants(
    "add", "add_", "sub", "sub_", "mul", "mul_", "div", "div_", "true_divide", "neg", "where", "masked_fill", "masked_fill_",
    "tanh", "clamp", "clamp_min", "clamp_max", "max", "maximum", "to", "float", "half", "bfloat16", "double", "type_as",
    "contiguous", "clone", "reshape", "flatten", "cat", "concat", "stack", "repeat", "repeat_interleave", "index_select",
    "layer_norm", "rms_norm", "normalize", "index_copy_", "roll", "gather", "tril", "pad",
)  # fmt: skip


class Trace(NamedTuple):
    """`origins`: storages that were projected into this tensor. `kind`: set where it is a query-key product.

    `last`: whether the projection was along the last axis; `width`: how many numbers it gave.
    """

    origins: frozenset[int]
    kind: Kind | None = None
    last: bool = True
    width: int = 0


class Traces:
    """What is known of the tensors of one recording."""

    def __init__(self) -> None:
        self._of: dict[int, Trace] = {}

    def of(self, tensor: Tensor) -> Trace | None:
        return self._of.get(_storage(tensor))

    def projected(self, output: Any, source: Tensor, last: bool = True) -> None:
        if isinstance(output, Tensor) and output.ndim == 4 and sorted(output.shape) == sorted(source.shape):
            trace = self.of(source)
            if trace is not None and trace.kind is not None:  # heads that talk before the softmax
                return self._put(output, trace)
        width = output.shape[-1 if last else 1] if isinstance(output, Tensor) and output.ndim > 1 else 0
        self._put(output, Trace(frozenset((_storage(source),)), None, last, width))

    def carried(self, output: Any, inputs: Iterable[Any]) -> None:
        found = [trace for tensor in tensors(inputs) if (trace := self._of.get(_storage(tensor))) is not None]
        if len(found) == 1:
            self._put(output, found[0])
        elif found:
            kinds = [trace.kind for trace in found if trace.kind is not None]
            origins = frozenset().union(*(trace.origins for trace in found))
            self._put(output, found[0]._replace(origins=origins, kind=kinds[0] if kinds else None))

    def multiplied(self, output: Any, query: Tensor, key: Tensor) -> None:
        self._put(output, Trace(frozenset(), self.kind(query, key, same_length=output.shape[-1] == output.shape[-2])))

    def kind(self, query: Tensor, key: Tensor, same_length: bool) -> Kind:
        """ "self" where query and key were projected from the same tensor; by length where nothing is known of either."""
        of_query, of_key = self.of(query), self.of(key)
        if 0 != _storage(query) == _storage(key) or (of_query and of_key and of_query.origins & of_key.origins):
            return "self"
        return "self" if of_query is None and of_key is None and same_length else "soft"

    def _put(self, output: Any, trace: Trace) -> None:
        if not isinstance(output, Tensor):
            return
        if len(self._of) >= REMEMBERED:
            self._of = dict(list(self._of.items())[REMEMBERED // 2 :])
        place = _storage(output)
        if place and self._of.get(place) is not trace:
            self._of.pop(place, None)
            self._of[place] = trace


def tensors(values: Iterable[Any]) -> Iterator[Tensor]:
    """Those among arguments, and in lists among them."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from (item for item in value if isinstance(item, Tensor))


def _storage(tensor: Tensor) -> int:
    """0 where a tensor has none that can be asked for, as inside vmap."""
    try:
        return tensor.untyped_storage().data_ptr()
    except (NotImplementedError, RuntimeError):
        return 0
