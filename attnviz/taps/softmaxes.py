"""Weights on their way from a softmax to the values."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

from attnviz.maps import Kind
from attnviz.taps.traces import tensors, variants

SOFTMAX = variants("softmax")
PASSES = variants(
    "dropout", "to", "float", "half", "bfloat16", "double", "type_as", "view", "reshape", "contiguous", "flatten", "unflatten",
)  # fmt: skip
ALTERS = variants(
    "mul", "mul_", "multiply", "div", "div_", "true_divide", "add", "sub", "masked_fill", "where", "nan_to_num", "clamp",
    "clamp_min", "clamp_max", "relu", "normalize", "abs",
)  # fmt: skip
MIXES = variants("linear", "conv2d", "einsum", "matmul")
MOVES = variants(
    "transpose", "permute", "swapaxes", "swapdims", "movedim", "__getitem__", "narrow", "index_select", "unsqueeze", "squeeze",
    "cat", "gather", "flip", "roll", "expand",
) | {Tensor.mT.__get__, Tensor.T.__get__, Tensor.mH.__get__}  # type: ignore[attr-defined]  # fmt: skip
CHANGES = ALTERS | MIXES | MOVES


@dataclass(frozen=True)
class Made:
    """Weights on their way to the values. `source` is None where the tensor itself is what the softmax gave.

    `shape` is that of the softmax, `changed` whether the numbers are no longer those that it gave, or stand elsewhere.
    """

    kind: Kind
    version: int | None
    shape: tuple[int, ...]
    source: Tensor | None = None
    changed: bool = False


@dataclass(frozen=True)
class Taken:
    """Weights that met values."""

    weights: Tensor
    kind: Kind
    changed: bool = False
    in_place: bool = False
    moved: bool = False


class Softmaxes:
    """Those of one recording that may yet turn out to be attention."""

    def __init__(self) -> None:
        self._made: Any = WeakTensorKeyDictionary()

    def made(self, weights: Tensor, kind: Kind, over_queries: bool = False) -> None:
        """Weights that sum to one over the queries are, turned, those of the keys: as changed ones they must show it."""
        self._made[weights] = Made(kind, _version(weights), tuple(weights.shape), changed=over_queries)

    def passed(self, output: Any, source: Tensor) -> None:
        made = self._made.get(source) if self._made else None
        if made is not None and isinstance(output, Tensor) and output is not source:
            self._made[output] = replace(made, source=source if made.source is None else made.source)

    def __contains__(self, weights: Tensor) -> bool:
        return bool(self._made) and weights in self._made

    def changed(self, func: Any, output: Any, inputs: Iterable[Any]) -> Tensor | None:
        """Follows weights through numbers that become others, and axes that change places.

        Those that were (..., query, key, 1) and are spread over the features of values come back.
        """
        if not isinstance(output, Tensor) or not self._made:
            return None
        for tensor in tensors(inputs):
            made = self._made.get(tensor)
            if made is None or output is tensor:
                continue
            if func in ALTERS and output.shape != tensor.shape:
                if tensor.shape[-1] == 1 and tensor.ndim == len(made.shape) + 1:
                    return tensor
                continue
            if func in MIXES and (output.ndim != 4 or sorted(output.shape) != sorted(tensor.shape)):
                continue
            self._made[output] = replace(made, version=_version(output), source=None, changed=True)
            return None
        return None

    def taken(self, weights: Tensor) -> Taken | None:
        """What the softmax gave, or what it became, where `weights` come from one; had once."""
        made = self._made.pop(weights, None) if self._made else None
        if made is None:
            return None
        source = weights if made.source is None else made.source
        if source.shape[-2:] != weights.shape[-2:]:
            return None
        moved = made.changed and (source.ndim != len(made.shape) or tuple(source.shape[:-2]) != made.shape[:-2])
        return Taken(source, made.kind, made.changed, made.version != _version(source), moved)


def _version(tensor: Tensor) -> int | None:
    return None if tensor.is_inference() else tensor._version
