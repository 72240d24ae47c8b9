"""What a translator wrote, and where it looked for every token of it."""

import math
from dataclasses import dataclass
from glob import escape
from typing import Any, NamedTuple

from attnviz.encode import Word
from attnviz.record import Tape
from attnviz.results.text import OfText
from attnviz.search import Output

# The rows and columns of a layer by its role: positions of the source, of the output (a row wrote its token), or of the input that
# the decoder was given, which is the output one later, from [START] on.
SIDES = {
    "alignment": ("output", "source"),
    "centre": ("output",),
    "writing": ("input", "input"),
    "reading": ("source", "source"),
}


class Alternative(NamedTuple):
    """A token that could have been written at a step, its text, and its probability there."""

    token: int
    text: str
    probability: float


@dataclass(frozen=True, kw_only=True)
class Translation(OfText):
    """What a translator wrote, and where each of its tokens looked: row t of a map over the source wrote token t.

    `tokens`, `probabilities`: of the chosen output, in order; each probability is that after the tokens before it.
    `alternatives`: the most probable tokens of each step. `outputs`: all beams, `texts` the same in words, best first.
    `forced`: how many tokens were given. `aligner`: the layer that says best which word a word translates,
    and `aligner_head` that of its heads which was taught to, where one was.
    `seconds`: the search, where there was one, and the pass over the whole output with its recording.
    `sentence`, `sentences`: which of how many sentences of what was given this is.
    """

    outputs: tuple[Output, ...]
    texts: tuple[str, ...]
    chosen: int
    tokens: tuple[str, ...]
    words: tuple[Word, ...]
    probabilities: tuple[float, ...]
    alternatives: tuple[tuple[Alternative, ...], ...]
    forced: int
    aligner: str
    aligner_head: int | None = None
    sentence: int = 1
    sentences: int = 1

    @property
    def text(self) -> str:
        """The chosen output in words."""
        return self.texts[self.chosen]

    def chance(self, word: Word) -> float:
        """Of a word of the chosen output: the product over its tokens."""
        return math.prod(self.probabilities[i] for i in word.positions)

    @property
    def said(self) -> str:
        """The translation, or that there is none."""
        return self.text or "no translation"

    @property
    def remarks(self) -> tuple[str, ...]:
        """With which sentence it is, where there are several."""
        several = (f"This is sentence {self.sentence} of {self.sentences}; each is translated by itself.",)
        return (*several[: self.sentences - 1], *self.notes)

    @property
    def answer(self) -> dict[str, Any]:
        """What was decided, for a file."""
        beams = [{"text": text, "score": output.score} for text, output in zip(self.texts, self.outputs, strict=True)]
        return {"translation": self.text, "written": list(self.tokens), "probabilities": list(self.probabilities), "beams": beams}


def labelled(tape: Tape, source: tuple[str, ...], output: tuple[str, ...]) -> Tape:
    """Names for the rows and columns of each layer, by its role."""
    names = {"source": source, "output": output, "input": ("[START]", *output[:-1])}
    for role, sides in SIDES.items():
        found = {axis: names[side] for axis, side in zip(("query", "key"), sides, strict=False)}
        for layer in tape.layers_of(role):
            tape = tape.labelled(escape(layer), **found)
    return tape
