"""The way of a sentence through a translator in one call: text -> what was written, and the maps of every step."""

import time
from dataclasses import dataclass

import torch

from attnviz.cards import ModelCard
from attnviz.encode import EncodedText, Word
from attnviz.encode.translation import encode_prefix, written
from attnviz.errors import InputError
from attnviz.nets.translator import END, START, Translator
from attnviz.record import Tape, record
from attnviz.search import Output, search

LIMIT = 64
ALTERNATIVES = 5


@dataclass(frozen=True)
class Translation:
    """What a translator wrote, and where each of its tokens looked: row t of a map over the source wrote token t.

    `tokens`, `probabilities`: of the chosen output, in order; each probability is that after the tokens before it.
    `alternatives`: the most probable tokens of each step. `outputs`: all beams, `texts` the same in words, best first.
    `forced`: how many tokens were given. `seconds`: the forward pass over the whole output, with its recording.
    """

    card: ModelCard
    encoded: EncodedText
    outputs: tuple[Output, ...]
    texts: tuple[str, ...]
    chosen: int
    tokens: tuple[str, ...]
    words: tuple[Word, ...]
    probabilities: tuple[float, ...]
    alternatives: tuple[tuple[tuple[str, float], ...], ...]
    forced: int
    tape: Tape
    seconds: float

    @property
    def text(self) -> str:
        """The chosen output in words."""
        return self.texts[self.chosen]


def translate(model: Translator, raw: str, prefix: str = "", beams: int = 4, choose: int = 0) -> Translation:
    """Translates one sentence; `prefix` is a beginning that the output is to have, `choose` the beam whose maps are recorded.

    Raises InputError where the sentence cannot be taken, or the beginning is too long.
    """
    encoded = model.encode(raw)
    given = encode_prefix(prefix, tokenizer=model.target)
    if len(given) >= LIMIT:
        raise InputError(f"the beginning has {len(given)} tokens, the output's limit is {LIMIT}", "shorten it")
    source, mask = encoded.tensors["input_ids"], encoded.tensors["attention_mask"].bool()
    outputs = search(model, source, mask, beams, LIMIT, given)[0]
    chosen = min(choose, len(outputs) - 1)
    ids = outputs[chosen].tokens
    start = time.perf_counter()
    with torch.no_grad(), record(model) as tape:
        logits = model(source, mask, torch.tensor([[START, *ids[:-1]]]))
    seconds = time.perf_counter() - start
    odds = logits[0].float().softmax(-1)
    _, labels, words = written(ids, tokenizer=model.target, end=END)
    return Translation(
        card=model.card, encoded=encoded, outputs=tuple(outputs), chosen=chosen, tokens=labels, words=words,
        texts=tuple(written(output.tokens, tokenizer=model.target, end=END)[0] for output in outputs),
        probabilities=tuple(odds[range(len(ids)), list(ids)].tolist()), alternatives=_alternatives(model, odds),
        forced=len(given), tape=_labelled(model, tape, encoded.tokens, labels), seconds=seconds,
    )  # fmt: skip


def _alternatives(model: Translator, odds: torch.Tensor) -> tuple[tuple[tuple[str, float], ...], ...]:
    """(step, token) probabilities -> the most probable tokens of each step."""
    found = odds.topk(min(ALTERNATIVES, odds.shape[1]))
    return tuple(
        tuple((spelled(model, token), chance) for token, chance in zip(tokens, chances, strict=True))
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
