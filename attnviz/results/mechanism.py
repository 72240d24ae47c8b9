"""What a mechanism did with a small input: a result of its own, without a model and without a card."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from attnviz.mechanisms import Inputs, Mechanism, Shown
from attnviz.results.base import Outcome
from attnviz.weights import Floats


@dataclass(frozen=True, kw_only=True)
class MechanismResult(Outcome):
    """`shown`: its maps and output; `values`: of its choices; `of`: a word for the input.

    `photo`: (row, column, colour) of what stands behind a feature map, where there is one.
    """

    mechanism: Mechanism
    inputs: Inputs
    values: Mapping[str, Any]
    shown: Shown
    of: str
    photo: Any = None

    @classmethod
    def run(cls, mechanism: Mechanism, inputs: Inputs, of: str, photo: Any = None, **values: Any) -> "MechanismResult":
        """Runs it; InputError where its layer cannot take these inputs."""
        values = {choice.name: choice.default for choice in mechanism.choices} | values
        start = time.perf_counter()
        shown = mechanism.run(inputs, **values)
        return cls(
            mechanism=mechanism, inputs=inputs, values=values, shown=shown, of=of, photo=photo, seconds=time.perf_counter() - start,
        )  # fmt: skip

    @property
    def maker(self) -> dict[str, str]:
        """The mechanism."""
        return {"mechanism": self.mechanism.name}

    @property
    def title(self) -> str:
        """The mechanism's."""
        return self.mechanism.title

    @property
    def output(self) -> Floats:
        """What the layer gave, without the batch."""
        return self.shown.output

    @property
    def said(self) -> str:
        """The size of what came out."""
        return f"an output of {' x '.join(map(str, self.output.shape))} numbers"

    @property
    def put_in(self) -> str:
        """A word for the input, and what was chosen."""
        values = ", ".join(f"{name} {value}" for name, value in self.values.items())
        return f"{self.of}{values and f', {values}'}"

    @property
    def notes(self) -> tuple[str, ...]:
        """What the mechanism remarks."""
        return self.shown.notes

    @property
    def answer(self) -> dict[str, Any]:
        """What came out."""
        return {"title": self.title, "choices": dict(self.values), "output": self.output.tolist()}
