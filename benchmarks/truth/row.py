"""Where the rows of attention come from: what the model is called with, and how it becomes (R, position, channel).

R holds the examples and what a layer treats as examples: windows, views, frames, groups, beams, each before or behind them.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn


@dataclass
class Rows:
    """`order`: "bw" where an example's rows are next to each other, "wb" where they are not. `name`: what w is.

    `given`: what the model is called with; `take`: given -> rows. `context`: how many keys another input has, where there is one.
    `block`: length of the sequences that stand behind each other in one row.
    """

    b: int
    w: int
    t: int
    c: int
    order: str
    name: str
    given: tuple[object, ...]
    take: nn.Module
    padded: bool = False
    context: int | None = None
    block: int = 0

    def keys(self, projection: nn.Module) -> int:
        """How many keys a row has for this projection."""
        keys = self.t if self.context is None else self.context
        return keys // 2 if getattr(projection, "pool", 1) > 1 and keys > 1 else keys


class Take(nn.Module):
    """A way from what is given to rows, with parameters where that has some."""

    def __init__(self, way: Callable[..., Tensor], stem: nn.Module | None = None) -> None:
        super().__init__()
        self.way, self.stem = way, stem or nn.Identity()

    def forward(self, *given: object) -> Tensor:
        return self.stem(self.way(*given))
