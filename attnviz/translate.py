"""The way of a sentence through a translator in one call: text -> what was written, and the maps of every step."""

import math
import time
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch

from attnviz.encode import EncodedText, Word
from attnviz.encode.translation import encode_prefix, written
from attnviz.errors import InputError
from attnviz.nets.translator import END, START, Translator
from attnviz.record import Tape, record
from attnviz.results import Result
from attnviz.search import Output, search

LIMIT = 64
ALTERNATIVES = 5


class Alternative(NamedTuple):
    """A token that could have been written at a step, its text, and its probability there."""

    token: int
    text: str
    probability: float


@dataclass(frozen=True, kw_only=True)
class Translation(Result):
    """What a translator wrote, and where each of its tokens looked: row t of a map over the source wrote token t.

    `tokens`, `probabilities`: of the chosen output, in order; each probability is that after the tokens before it.
    `alternatives`: the most probable tokens of each step. `outputs`: all beams, `texts` the same in words, best first.
    `forced`: how many tokens were given. `seconds`: the forward pass over the whole output, with its recording.
    """

    encoded: EncodedText
    outputs: tuple[Output, ...]
    texts: tuple[str, ...]
    chosen: int
    tokens: tuple[str, ...]
    words: tuple[Word, ...]
    probabilities: tuple[float, ...]
    alternatives: tuple[tuple[Alternative, ...], ...]
    forced: int

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
    def put_in(self) -> str:
        """The sentence."""
        return self.encoded.text

    @property
    def given(self) -> dict[str, Any]:
        """The sentence and its tokens."""
        return {"text": self.encoded.text, "tokens": list(self.encoded.tokens)}

    @property
    def answer(self) -> dict[str, Any]:
        """What was decided, for a file."""
        beams = [{"text": text, "score": output.score} for text, output in zip(self.texts, self.outputs, strict=True)]
        return {"translation": self.text, "written": list(self.tokens), "probabilities": list(self.probabilities), "beams": beams}


def translate(model: Translator, raw: str, prefix: str = "", beams: int = 4, choose: int = 0) -> Translation:
    """Translates one sentence; `prefix` is a beginning that the output is to have, `choose` the beam whose maps are recorded.

    Raises InputError where the sentence cannot be taken, or the beginning is too long.
    """
    encoded = model.encode(raw)
    given = _given(model, prefix)
    source, mask = encoded.tensors["input_ids"], encoded.tensors["attention_mask"].bool()
    outputs = search(model, source, mask, beams, LIMIT, given)[0]
    return _recorded(model, encoded, outputs, min(choose, len(outputs) - 1), len(given))


def look(model: Translator, translation: Translation, choose: int) -> Translation:
    """The same outputs, with the maps of another one of them; nothing is searched for again."""
    return _recorded(model, translation.encoded, list(translation.outputs), choose, translation.forced)


def force(model: Translator, raw: str, text: str) -> Translation:
    """What the model says of a given translation of a sentence: its probabilities, and where it looks for each of its words.

    Raises InputError where one of them cannot be taken.
    """
    encoded = model.encode(raw)
    ids = (*_given(model, text), END)
    seen = _seen(model, encoded, ids)
    chances = tuple(seen.logs[range(len(ids)), list(ids)].tolist())
    return _told(model, encoded, [Output(ids, chances, sum(chances) / len(ids))], 0, len(ids) - 1, seen)


def _given(model: Translator, text: str) -> tuple[int, ...]:
    given = encode_prefix(text, tokenizer=model.target)
    if len(given) >= LIMIT:
        raise InputError(f"what is given of the translation has {len(given)} tokens, the limit is {LIMIT - 1}", "shorten it")
    return given


def _recorded(model: Translator, encoded: EncodedText, outputs: list[Output], chosen: int, forced: int) -> Translation:
    """One more pass over the whole output, this time recorded."""
    return _told(model, encoded, outputs, chosen, forced, _seen(model, encoded, outputs[chosen].tokens))


class _Seen(NamedTuple):
    """A recorded pass over a whole output: (step, token) log-probabilities, the tape, and how long it took."""

    logs: torch.Tensor
    tape: Tape
    seconds: float


def _seen(model: Translator, encoded: EncodedText, ids: tuple[int, ...]) -> _Seen:
    source, mask = encoded.tensors["input_ids"], encoded.tensors["attention_mask"].bool()
    start = time.perf_counter()
    with torch.no_grad(), record(model) as tape:
        logits = model(source, mask, torch.tensor([[START, *ids[:-1]]]))
    return _Seen(logits[0].float().log_softmax(-1), tape, time.perf_counter() - start)


def _told(
    model: Translator, encoded: EncodedText, outputs: list[Output], chosen: int, forced: int, seen: _Seen
) -> Translation:  # fmt: skip
    ids, odds = outputs[chosen].tokens, seen.logs.exp()
    _, labels, words = written(ids, tokenizer=model.target, end=END)
    return Translation(
        card=model.card, encoded=encoded, outputs=tuple(outputs), chosen=chosen, tokens=labels, words=words,
        texts=tuple(written(output.tokens, tokenizer=model.target, end=END)[0] for output in outputs),
        probabilities=tuple(odds[range(len(ids)), list(ids)].tolist()), alternatives=_alternatives(model, odds),
        forced=forced, tape=_labelled(model, seen.tape, encoded.tokens, labels), seconds=seen.seconds,
    )  # fmt: skip


def _alternatives(model: Translator, odds: torch.Tensor) -> tuple[tuple[Alternative, ...], ...]:
    """(step, token) probabilities -> the most probable tokens of each step."""
    found = odds.topk(min(ALTERNATIVES, odds.shape[1]))
    return tuple(
        tuple(Alternative(token, spelled(model, token), chance) for token, chance in zip(tokens, chances, strict=True))
        for tokens, chances in zip(found.indices.tolist(), found.values.tolist(), strict=True)
    )


def spelled(model: Translator, token: int) -> str:
    """One token as text; the special ones, and pieces of a character, by their names."""
    text = model.target.decode([token]).strip()
    return text if text and "\ufffd" not in text else str(model.target.id_to_token(token))


def _labelled(model: Translator, tape: Tape, source: tuple[str, ...], output: tuple[str, ...]) -> Tape:
    """Names for the rows and columns of each layer, by what the net says that they are."""
    names = {"source": source, "output": output, "input": ("[START]", *output[:-1])}
    for layers, sides in model.sides.items():
        tape = tape.labelled(layers, **{axis: names[side] for axis, side in zip(("query", "key"), sides, strict=False)})
    return tape
