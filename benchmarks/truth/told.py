"""What a module worked out, as it says itself."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

# Rounding of a weight that is kept as the module had it, and of one that is worked out again from query and key.
CLOSE = {torch.float64: 1e-6, torch.float32: 2e-6, torch.float16: 1e-3, torch.bfloat16: 8e-3}
AGAIN = 2e-5
Finding = tuple[str, str]  # an outcome and a sentence


@dataclass(frozen=True)
class Told:
    """`weights`: (example, *axes). `kind`: None where several words would be right. `needed`: False where a tape may leave it out.

    `keys`: positions of the keys of a step of a generation, which may be joined with others; `beams`: which row of the step before
    each row goes on from. `inside`: the part of the module that a tape names instead. `only`: the example that a call of a
    single row was for.
    """

    weights: Tensor
    axes: tuple[str, ...]
    kind: str | None
    close: float
    needed: bool = True
    layer: str = ""
    keys: tuple[int, ...] | None = None
    beams: tuple[int, ...] | None = None
    inside: str = ""
    only: int | None = None

    @property
    def examples(self) -> range:
        """Numbers of the examples that it has."""
        first = self.only or 0
        return range(first, first + len(self.weights))


class Telling(nn.Module):
    """A module that tells; `told` has one entry a call."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Told] = []
        self.only: int | None = None
        self.w, self.order = 1, "bw"

    def tell(self, weights: Tensor, axes: str, kind: str | None, close: float | None = None, **more: object) -> None:
        """`axes`: names behind that of the example, with spaces."""
        kept = weights.detach().float().clone()
        near = CLOSE[weights.dtype] if close is None else close
        self.told.append(Told(kept, tuple(axes.split()), kind, near, only=self.only, **more))  # type: ignore[arg-type]

    def by_example(self, rows: Tensor) -> Tensor:
        """(R, ...) -> (example, what else is in R, ...), where `w` and `order` say so; else as it is."""
        if self.w == 1:
            return rows.unsqueeze(1)
        return rows.unflatten(0, (-1, self.w)) if self.order == "bw" else rows.unflatten(0, (self.w, -1)).transpose(0, 1)


def told_by(net: nn.Module) -> list[Told]:
    """All that modules of a net told, with their names; those of one module in the order of its calls."""
    found = []
    for name, module in net.named_modules():
        if isinstance(module, Telling):
            for told in module.told:
                layer = ".".join(part for part in (name, told.inside) if part) or type(net).__name__
                found.append(replace(told, layer=layer))
    return found
