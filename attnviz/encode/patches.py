"""How the positions of an image model stand for places of the photo."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Patches:
    """`prefix` names the tokens that stand before the patches, such as CLS and registers; the patches follow row by row."""

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
