"""How the positions of an image model stand for places of the photo."""

from dataclasses import dataclass
from typing import NamedTuple


class Point(NamedTuple):
    """A place of the square that the model sees, as shares of its height and of its width, from 0 to 1."""

    down: float
    across: float


@dataclass(frozen=True)
class Patches:
    """A grid over the square that the model sees, row by row; the grid need not be square.

    `prefix` names the tokens that stand before the patches, such as CLS and registers.
    """

    rows: int
    columns: int
    prefix: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.prefix) + self.rows * self.columns

    @property
    def names(self) -> tuple[str, ...]:
        """One for every position."""
        places = (f"row {row}, column {column}" for row in range(self.rows) for column in range(self.columns))
        return (*self.prefix, *places)

    def at(self, point: Point) -> tuple[int, int]:
        """(row, column) of the patch in which a point lies; what lies outside goes to the nearest."""
        row, column = int(point.down * self.rows), int(point.across * self.columns)
        return min(max(row, 0), self.rows - 1), min(max(column, 0), self.columns - 1)

    def middle(self, row: int, column: int) -> Point:
        """The point in the middle of a patch."""
        return Point((row + 0.5) / self.rows, (column + 0.5) / self.columns)

    def position(self, row: int, column: int) -> int:
        """Where a patch stands among all positions."""
        return len(self.prefix) + row * self.columns + column
