"""What a tap hands over."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple

from numpy.typing import NDArray
from torch import Tensor

from attnviz.maps import Kind, Norm, Receipt
from attnviz.taps.parts import Parts
from attnviz.weights import Weights


@dataclass(frozen=True)
class Step:
    """One call of a generation: the weights of each example, and the positions of its keys, from `start` to before `end`.

    `turn`: which call of the model it was in; `let_go`: for each example, keys of earlier steps that this one has no more.
    """

    weights: tuple[Weights, ...]
    start: int
    end: int
    turn: int
    let_go: tuple[NDArray[Any], ...] = ()


@dataclass(frozen=True)
class Record:
    """What one layer said in one call; `example(i)` gives the weights of one of the examples `held`.

    `ambiguous`: nobody can tell which rows are whose, and `example(0)` is all of them. `turn`: which call of the model it was in.

    Either may be the first look at a short call of the fused kernel, which is copied and checked then: errors come from there.
    """

    layer: str
    kind: Kind
    mechanism: str
    norm: Norm
    axes: tuple[str, ...]
    held: tuple[int, ...]
    example: Callable[[int], Weights]
    receipt: Callable[[], Receipt]
    notes: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    ambiguous: bool = False
    turn: int = 0

    @property
    def batch(self) -> int:
        """Number of examples."""
        return len(self.held)


class Refusal(NamedTuple):
    """A layer that ran and has no map: what was found, and what to do about it."""

    layer: str
    finding: str
    cure: str


# The layer, and what makes its record or raises why there is none; either is kept, and the model that is watched goes on.
Emit = Callable[[str, Callable[[], Record]], None]
Wanted = Callable[[str], bool]
# the model's parts, "is this layer wanted?", "do these calls belong to the recording?", where records and refusals go
Tap = Callable[[Parts, Wanted, Callable[[], bool], Emit], AbstractContextManager[object]]


def precision_of(tensor: Tensor) -> str:
    """As a receipt says it."""
    return str(tensor.dtype).removeprefix("torch.")
