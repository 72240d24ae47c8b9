"""The tap on gates of others: squeeze-excitation (arXiv:1709.01507), ECA (arXiv:1910.03151), CBAM (arXiv:1807.06521) and kin.

A sigmoid is a gate where its output is multiplied onto a feature map of (batch, channel, row, column) and has one number a
channel, or one a position. SiLU and gated linear units have one a feature: they are no gates in this sense, and neither is
the product of two sigmoids, such as objectness times class. Where the channels stand last, or positions have one axis or three,
shapes alone could mean several things; there, the projection that made the gate says along which axis the channels are.
"""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.weak import WeakTensorKeyDictionary

from attnviz.maps import Kind, Receipt, check_promise
from attnviz.taps.base import Record
from attnviz.taps.batch import examples
from attnviz.taps.followed import Followed
from attnviz.taps.place import Place
from attnviz.taps.pooled import Pooled
from attnviz.taps.rows import Rows
from attnviz.taps.sources import NOTHING, Trace
from attnviz.taps.turned import Turned
from attnviz.weights import Dense

AXES: dict[Kind, tuple[str, ...]] = {"channel": ("channel",), "spatial": ("row", "column")}


@dataclass(frozen=True)
class Gate:
    """A sigmoid's output on its way to a feature map, and what it was before it was expanded to the size of the map.

    `pooled`: whether it was made of what had been pooled over all positions.
    """

    place: Place
    trace: Trace | None
    pooled: bool = False
    small: Tensor | None = None


class Gates(Followed):
    """Those of one recording that may yet turn out to be attention."""

    def __init__(self) -> None:
        super().__init__()
        self._clipped: Any = WeakTensorKeyDictionary()
        self.turned, self.pooled = Turned(), Pooled()

    def made(self, gate: Tensor, place: Place, trace: Trace | None, of: Any) -> None:
        self._of[gate] = Gate(place, trace, of in self.pooled)

    def clipped(self, output: Tensor, trace: Trace | None) -> None:
        self._clipped[output] = trace or NOTHING

    def is_clipped(self, tensor: Any) -> Trace | None:
        """Where it comes from, if it is what relu6 gave."""
        return self._clipped.get(tensor) if self._clipped and isinstance(tensor, Tensor) else None

    def reshaped(self, output: Any, source: Tensor) -> None:
        gate = self._of.get(source)
        if gate is not None and isinstance(output, Tensor):
            self._of[output] = replace(gate, small=None)

    def expanded(self, output: Tensor, source: Tensor) -> None:
        gate = self._of.get(source)
        if gate is not None and output is not source:
            self._of[output] = replace(gate, small=source)

    def taken(self, left: Any, right: Any) -> tuple[Tensor, Kind, Place] | None:
        """The gate, as (batch, channel) or (batch, row, column), where one of two factors is one and the other a map."""
        if not (isinstance(left, Tensor) and isinstance(right, Tensor)):
            return None
        found = [self._of.get(tensor) for tensor in (left, right)]
        if (found[0] is None) == (found[1] is None):
            return None
        factor, features, gate = (left, right, found[0]) if found[0] is not None else (right, left, found[1])
        small, shape = factor if gate.small is None else gate.small, features.shape
        order = self.turned.as_made(features)
        if order is not None and small.ndim == 4:
            small, shape = small.permute(order), torch.Size(features.shape[axis] for axis in order)
        pooled = gate.pooled and features not in self.pooled
        kind = kind_of(tuple(small.shape), tuple(shape), gate.trace, pooled)
        if kind is None:
            return None
        del self._of[factor]
        return small.detach().reshape(len(small), *((-1,) if kind == "channel" else _positions(small))), kind, gate.place


def _positions(gate: Tensor) -> tuple[int, int]:
    """Rows and columns of a spatial gate; positions on one axis are one row."""
    sizes = gate.shape[1:-1] if gate.ndim == 4 and gate.shape[-1] == 1 and gate.shape[1] > 1 else gate.shape[2:]
    return (1, sizes[0]) if len(sizes) == 1 else (sizes[0], sizes[1])


def kind_of(gate: tuple[int, ...], features: tuple[int, ...], trace: Trace | None = None, pooled: bool = False) -> Kind | None:
    """What a factor of this shape says about a feature map; `trace`: of what the gate was made, `pooled`: over all positions."""
    if len(gate) != len(features) or len(gate) not in (3, 4, 5) or gate[0] != features[0]:
        return None
    axes = len(gate) - 2
    known = trace is not None and trace.width > 0
    along_last, width = (trace.last, trace.width) if trace is not None else (True, 0)
    first, last, ones = features[1], features[-1], (1,) * axes
    if gate[1:] == (first, *ones) and first > 1 and (pooled or (1 not in features[2:])):
        return "channel" if axes > 1 or (known and width == first) else None
    if gate[1:] == (*ones, last) and last > 1 and math.prod(features[1:-1]) > 1 and along_last and width == last:
        return "channel" if axes == 2 else None
    if gate[1:] == (1, *features[2:]) and first > 1 and math.prod(features[2:]) > 1:
        return "spatial" if axes == 2 or (axes == 1 and known and not along_last and width == 1) else None
    if gate[1:] == (*features[1:-1], 1) and last > 1 and math.prod(features[1:-1]) > 1 and axes == 2:
        return "spatial" if known and along_last and width == 1 else None
    return None


def from_gate(place: Place, gate: Tensor, kind: Kind) -> Record:
    """(batch, channel) or (batch, row, column) -> a record of (channel,) or (row, column)."""
    start = time.perf_counter()
    kept = gate.to("cpu", copy=True).float().numpy()
    check_promise(kept, ("batch", *AXES[kind]), "sigmoid", place.layer)
    found = examples(place, Rows(len(kept), 1, 1), lambda rows: Dense(kept[rows[0]]), AXES[kind])
    receipt = Receipt(
        layer=place.layer, how="sigmoid that was multiplied onto the feature map", backend_before="eager",
        backend_during="eager", row_sum_error=None, output_error=0.0, seconds=time.perf_counter() - start, bytes=kept.nbytes,
        evidence=found.evidence,
    )  # fmt: skip
    return Record(
        layer=place.layer, kind=kind, mechanism=f"{kind} gate", norm="sigmoid", axes=found.axes, held=found.held,
        example=found.weights, receipt=lambda: receipt, notes=found.notes, ambiguous=found.ambiguous,
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
