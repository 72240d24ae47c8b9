"""What all gates have: a sigmoid, how it is spelled and applied, and what stands beside the examples in the batch."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.truth.draw import Draw
from benchmarks.truth.told import Telling

SIGMOIDS: dict[str, Callable[[Tensor], Tensor]] = {
    "torch.sigmoid": torch.sigmoid,
    "F.sigmoid": F.sigmoid,
    "nn.Sigmoid": nn.Sigmoid(),
    "sigmoid_": lambda x: (x + 0).sigmoid_(),
    "F.hardsigmoid": F.hardsigmoid,
    "relu6": lambda x: F.relu6(x + 3) / 6,
    "nn.Hardsigmoid": nn.Hardsigmoid(),
}


APPLIED: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "map * gate": lambda x, g: x * g,
    "gate * map": lambda x, g: g * x,
    "torch.mul": torch.mul,
    "expand_as": lambda x, g: x * g.expand_as(x),
    "in place": lambda x, g: (x + 0).mul_(g),
    "added to the map": lambda x, g: x + x * g,
}


class Gate(Telling):
    """What all gates have: how the sigmoid is spelled and applied. `parts`: how many maps of an example stand in the batch."""

    def __init__(self, draw: Draw, c: int) -> None:
        super().__init__()
        self.c = c
        self.sigmoid = draw.part("sigmoid", SIGMOIDS)
        self.apply_gate = draw.part("applied", APPLIED)
        self.parts, self.order, self.name = 1, "bw", "view"

    def said(self, gate: Tensor, axes: str, kind: str | None, needed: bool = True) -> None:
        """Tells (R, *axes) by example: what else is in R stands in front."""
        gate = gate.detach()
        if self.parts > 1:
            sizes = (-1, self.parts) if self.order == "bw" else (self.parts, -1)
            gate = gate.unflatten(0, sizes)
            gate = gate if self.order == "bw" else gate.transpose(0, 1)
            axes = f"{self.name} {axes}"
        self.tell(gate, axes, kind, needed=needed)
