"""What a model decided about a text."""

from dataclasses import asdict, dataclass, field
from typing import Any, cast

from attnviz.encode import EncodedText
from attnviz.inside.effects import Effects, Slopes
from attnviz.record import Tape
from attnviz.results.base import Prediction, Result, Run

START = "[start]"  # what a reader of picked words reads before them


@dataclass(frozen=True, kw_only=True)
class OfText(Result):
    """What a model made of a text, whatever that is."""

    encoded: EncodedText

    @property
    def put_in(self) -> str:
        """The text."""
        return self.encoded.text

    @property
    def given(self) -> dict[str, Any]:
        """The text and its tokens."""
        return {"text": self.encoded.text, "tokens": list(self.encoded.tokens)}


@dataclass(frozen=True, kw_only=True)
class TextResult(OfText, Prediction):
    """A decision about a text; positions on its tape are tokens, words, or the tokens of picked words.

    `hidden`: numbers of the words that the model was not given, in the text as it was typed; `off`: heads that were switched off.
    `whole`: the result without anything taken away, whose heads are the ones to speak of; None where it is this one.
    """

    hidden: tuple[int, ...] = ()
    off: tuple[tuple[int, int], ...] = ()
    whole: "TextResult | None" = field(default=None, repr=False, compare=False)

    @property
    def slopes(self) -> Slopes | None:
        """Those of the whole text."""
        return super().slopes if self.whole is None else self.whole.slopes

    @property
    def effects(self) -> Effects | None:
        """Those of the whole text."""
        return super().effects if self.whole is None else self.whole.effects

    @classmethod
    def of(cls, run: Run) -> "TextResult":
        """The result of a pass."""
        encoded = cast(EncodedText, run.encoded)
        tape = run.tape.labelled("*", **_names(run.tape, encoded))
        return cls(
            card=run.net.card, net=run.net, encoded=encoded, tape=tape, seconds=run.seconds, seed=run.seed,
            **asdict(run.net.decide(run.outputs, encoded)),
        )  # fmt: skip


def _names(tape: Tape, encoded: EncodedText) -> dict[str, tuple[str, ...]]:
    """Of axes over tokens, over words, and over the tokens of picked words."""
    labels = {"query": encoded.tokens, "key": encoded.tokens, "word": tuple(word.text for word in encoded.words)}
    for m in tape:
        if m.axes == ("word",) and m.norm == "binary":
            picked = [i for word, taken in zip(encoded.words, m.dense(), strict=True) if taken for i in word.positions]
            labels["key picked"] = (START, *(encoded.tokens[i] for i in picked))
    return labels
