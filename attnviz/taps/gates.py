"""The tap on gates of others: squeeze-excitation (arXiv:1709.01507), ECA (arXiv:1910.03151), CBAM (arXiv:1807.06521) and kin.

A sigmoid is a gate where its output is multiplied onto a feature map of (batch, channel, row, column) and has one number a
channel, or one a position. SiLU and gated linear units have one a feature: they are no gates in this sense, and neither is
the product of two sigmoids, such as objectness times class.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor, nn
from torch.utils.weak import WeakTensorKeyDictionary

from attnviz.maps import Kind, Receipt, check_promise
from attnviz.taps.base import Record
from attnviz.taps.place import Place
from attnviz.taps.traces import variants
from attnviz.weights import Dense

SIGMOID = variants("sigmoid", "sigmoid_", "hardsigmoid")
MULTIPLY = variants("mul", "mul_", "multiply", "multiply_")
EXPANDS = variants("expand", "expand_as", "broadcast_to")
RESHAPES = variants(
    "view", "view_as", "reshape", "reshape_as", "unsqueeze", "squeeze", "unflatten", "flatten", "transpose", "permute",
    "contiguous", "to", "float", "half", "bfloat16", "type_as", "__getitem__",
)  # fmt: skip
AXES: dict[Kind, tuple[str, ...]] = {"channel": ("channel",), "spatial": ("row", "column")}


@dataclass(frozen=True)
class Gate:
    """A sigmoid's output on its way to a feature map, and what it was before it was expanded to the size of the map."""

    place: Place
    small: Tensor | None = None


class Gates:
    """Those of one recording that may yet turn out to be attention."""

    def __init__(self) -> None:
        self._made: Any = WeakTensorKeyDictionary()

    def __bool__(self) -> bool:
        return bool(self._made)

    def made(self, gate: Tensor, place: Place) -> None:
        self._made[gate] = Gate(place)

    def reshaped(self, output: Any, source: Tensor) -> None:
        gate = self._made.get(source)
        if gate is not None and isinstance(output, Tensor):
            self._made[output] = replace(gate, small=None)

    def expanded(self, output: Tensor, source: Tensor) -> None:
        gate = self._made.get(source)
        if gate is not None and output is not source:
            self._made[output] = replace(gate, small=source)

    def taken(self, left: Any, right: Any) -> tuple[Tensor, Kind, Place] | None:
        """The gate (batch, channel, 1, 1) or (batch, 1, row, column), where one of two factors is one and the other a map."""
        if not (isinstance(left, Tensor) and isinstance(right, Tensor)):
            return None
        found = [self._made.get(tensor) for tensor in (left, right)]
        if (found[0] is None) == (found[1] is None):
            return None
        factor, features, gate = (left, right, found[0]) if found[0] is not None else (right, left, found[1])
        small = factor if gate.small is None else gate.small
        kind = kind_of(small.shape, features.shape)
        return None if kind is None else (self._made.pop(factor) and small, kind, gate.place)


def kind_of(gate: tuple[int, ...], features: tuple[int, ...]) -> Kind | None:
    """What a factor of this shape says about a feature map of (batch, channel, row, column)."""
    if len(gate) != 4 or len(features) != 4 or gate[0] != features[0]:
        return None
    channels, rows, columns = features[1:]
    if tuple(gate[1:]) == (channels, 1, 1) and channels > 1 and rows * columns > 1:
        return "channel"
    if tuple(gate[1:]) == (1, rows, columns) and channels > 1 and rows * columns > 1:
        return "spatial"
    return None


def from_gate(layer: str, gate: Tensor, kind: Kind) -> Record:
    """(batch, channel, 1, 1) or (batch, 1, row, column) -> a record of (channel,) or (row, column)."""
    start = time.perf_counter()
    axis = slice(2) if kind == "channel" else (0, 2, 3)
    shape = gate.shape[axis] if isinstance(axis, slice) else [gate.shape[i] for i in axis]
    kept = gate.detach().reshape(shape).to("cpu", copy=True).float().numpy()
    check_promise(kept, ("batch", *AXES[kind]), "sigmoid", layer)
    receipt = Receipt(
        layer=layer, how="sigmoid that was multiplied onto the feature map", backend_before="eager", backend_during="eager",
        row_sum_error=None, output_error=0.0, seconds=time.perf_counter() - start, bytes=kept.nbytes,
    )  # fmt: skip
    return Record(
        layer=layer, kind=kind, mechanism=f"{kind} gate", norm="sigmoid", axes=AXES[kind], batch=len(kept),
        example=lambda i: Dense(kept[i]), receipt=receipt,
    )  # fmt: skip


def layer_of(gate: Place, product: Place, names: Mapping[int, str]) -> str:
    """The module that is the gate: the one that multiplies, or the part of it that made the gate and is more than a container."""
    if gate.module is product.module:
        return product.layer
    for child in product.module.children():
        if any(module is gate.module for module in child.modules()):
            part_of_gate = isinstance(child, nn.Sequential) or not any(True for _ in child.children())
            return product.layer if part_of_gate else names[id(child)]
    return gate.layer
