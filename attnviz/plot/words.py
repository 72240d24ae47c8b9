"""A sentence as a figure of its own kind: words as they stand, each with its number, and tinted by it."""

import html
from dataclasses import dataclass

from attnviz.plot.style import BLUE, ORANGE, TEAL
from attnviz.weights import Floats

NUMBERED = 60  # beyond so many words numbers would be all that is seen
FINE = 0.095  # below, two digits would be mostly zeros
STRONGEST = 0.6  # of a tint: words on it keep a contrast of at least 4.5 to 1, in light and dark
FILLED = 0.42


@dataclass(frozen=True)
class Words:
    """`weights`: (word,); the strongest tint is the largest. `values`: what a click on each word chooses, as an address has it.

    With `picked` weights are odds from 0 to 1, which show as outlines, and the picked words are filled. `locked` is framed.
    `against`: whether each word speaks against the decision; its tint is orange.
    """

    labels: tuple[str, ...]
    weights: Floats
    special: tuple[bool, ...]
    values: tuple[str, ...] = ()
    locked: int | None = None
    picked: tuple[bool, ...] | None = None
    against: tuple[bool, ...] | None = None

    @property
    def tints(self) -> list[float]:
        """(word,) from 0 to 1."""
        top = 1.0 if self.picked is not None else max(float(self.weights.max(initial=0)), 1e-9)
        return [float(weight) / top for weight in self.weights]

    @property
    def numbers(self) -> list[str]:
        """(word,) the weights as they are read."""
        places = 2 if float(self.weights.max(initial=0)) > FINE else 4
        return [f"{weight:.{places}f}" for weight in self.weights]

    @property
    def numbered(self) -> bool:
        """Whether numbers stand below the words, and not only where one points at them."""
        return len(self.labels) <= NUMBERED

    def as_html(self) -> str:
        """For a file; words stay text."""
        taken = self.picked or (False,) * len(self.labels)
        against = self.against or (False,) * len(self.labels)
        words = zip(self.labels, self.tints, self.numbers, taken, against, strict=True)
        return "<p>" + " ".join(self._word(*word) for word in words) + "</p>"

    def _word(self, label: str, tint: float, number: str, picked: bool, against: bool) -> str:
        if self.picked is None:
            style = f"background: rgba({ORANGE if against else BLUE}, {STRONGEST * tint:.3f})"
        else:
            style = f"border: 2px solid rgba({TEAL}, {0.1 + 0.9 * tint:.3f}); background: rgba({TEAL}, {FILLED * picked:.2f})"
        return (
            f'<span style="display: inline-block; padding: 2px 5px; border-radius: 5px; {style}"><bdi>{html.escape(label)}</bdi> '
            f"<small>{number}</small></span>"
        )
