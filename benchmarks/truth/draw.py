"""What is drawn, and what was."""

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class Draw(random.Random):
    """Deterministic draws; `parts` says which part each table gave, and is the description of a case."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.parts: dict[str, str] = {}
        self.suffix = ""

    def part(self, table: str, choices: Mapping[str, T], weights: Sequence[float] | None = None) -> T:
        """One entry of a table, noted by its name."""
        name = self.choices(list(choices), weights)[0]
        self.note(table, name)
        return choices[name]

    def note(self, table: str, name: object) -> None:
        self.parts[table + self.suffix] = str(name)

    def chance(self, share: float) -> bool:
        return self.random() < share

    def size(self, *choices: int) -> int:
        return self.choice(choices)

    def __str__(self) -> str:
        return ", ".join(f"{table} {name}" for table, name in self.parts.items())
