"""The way of a sentence through a translator in one call: text -> what was written, and the maps of every step."""

import time
from dataclasses import replace
from typing import NamedTuple

import torch

from attnviz.encode import EncodedText
from attnviz.encode.sentences import sentences
from attnviz.encode.text import MAX_CHARACTERS
from attnviz.encode.translation import encode_prefix, written
from attnviz.errors import InputError
from attnviz.nets.translator import END, START, Translator
from attnviz.progress import telling
from attnviz.record import Tape, record
from attnviz.results import Alternative, Translation
from attnviz.results.translation import labelled
from attnviz.search import LIMIT, Output, search

ALTERNATIVES = 5


def translate(
    model: Translator, raw: str, prefix: str = "", beams: int = 4, choose: int = 0, sentence: int = 1
) -> Translation:  # fmt: skip
    """Translates one sentence; `prefix` is a beginning that the output is to have, `choose` the beam whose maps are recorded.

    Of several sentences in `raw` it is the one with the number `sentence`, counted from 1.
    Raises InputError where the sentence cannot be taken or is not there, or the beginning is too long.
    """
    parts = cut(raw)
    if not 1 <= sentence <= len(parts):
        raise InputError(f"there is no sentence {sentence} in this text", f"sentences are 1 to {len(parts)}")
    start = time.perf_counter()
    encoded = model.encode(parts[sentence - 1])
    given = _given(model, prefix)
    source, mask = encoded.tensors["input_ids"], encoded.tensors["attention_mask"].bool()
    outputs = search(model, source, mask, beams, LIMIT, given, telling("Writes the translation, word by word"))[0]
    found = _recorded(model, encoded, outputs, min(choose, len(outputs) - 1), len(given))
    return replace(found, sentence=sentence, sentences=len(parts), seconds=time.perf_counter() - start)


def cut(raw: str) -> tuple[str, ...]:
    """The sentences of a text, at least one; what is too long for any model is left to the border in one piece."""
    return (sentences(raw) if len(raw) <= MAX_CHARACTERS else ()) or (raw,)


def look(model: Translator, translation: Translation, choose: int) -> Translation:
    """The same outputs, with the maps of another one of them; nothing is searched for again."""
    found = _recorded(model, translation.encoded, list(translation.outputs), choose, translation.forced)
    return replace(found, sentence=translation.sentence, sentences=translation.sentences)


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
        forced=forced, aligner=model.aligner.layer, aligner_head=model.aligner.head,
        tape=labelled(seen.tape, encoded.tokens, labels), seconds=seen.seconds,
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
