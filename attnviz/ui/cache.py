"""What visitors share, which is the models, and what each keeps, which is results, in one bounded store."""

import hashlib
from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np
import streamlit as st

from attnviz.encode import Table
from attnviz.errors import AttnvizError, InputError
from attnviz.load import load
from attnviz.nets import Net, Translator
from attnviz.predict import predict_as
from attnviz.record import Tape
from attnviz.results import PhotoResult, SeriesResult, TextResult, Translation
from attnviz.translate import force, look, translate
from attnviz.ui import say
from attnviz.ui.warm import settle

T = TypeVar("T")

KEPT, LATEST = "results", "results-latest"
MOST = 60
MOST_BYTES = 1 << 30  # of arrays; the last result is kept whatever its size


class Kept(NamedTuple):
    """A result, and how many bytes its arrays take."""

    value: Any
    bytes: int


@st.cache_resource(show_spinner=False, max_entries=8)
def model(name: str) -> Net:
    """A model, loaded once for all visitors; nothing is ever switched on it. Errors are not kept."""
    found = load(name)
    settle()
    return found


def text(name: str, raw: str, **options: Any) -> TextResult:
    """The visitor's result for this text, worked out once: another layer, head or slider runs no model."""
    return once(_key(name, raw, options), lambda: predict_as(TextResult, model(name), raw, **options))


def photo(name: str, raw: bytes, **options: Any) -> PhotoResult:
    """The same for a photo."""
    return once(_key(name, raw, options), lambda: predict_as(PhotoResult, model(name), raw, **options))


def series(name: str, about: str, table: Table, **options: Any) -> SeriesResult:
    """The same for a table that was read before, which `about` names."""
    return once((name, about, *sorted(options.items())), lambda: predict_as(SeriesResult, model(name), table, **options))


def translation(name: str, text: str, beams: int, *, sentence: int = 1, prefix: str = "", choose: int = 0) -> Translation:
    """The same for a translator and a sentence of the text; another step, head or beam runs no search."""
    key = _key(name, text, {"sentence": sentence, "prefix": prefix, "beams": beams})
    best = once(key, lambda: translate(translator(name), text, prefix, beams, sentence=sentence))
    choose = min(choose, len(best.outputs) - 1)
    return best if choose == best.chosen else once((*key, choose), lambda: look(translator(name), best, choose))


def forced(name: str, text: str, translation: str) -> Translation:
    """What a translator says of a given translation."""
    return once((name, fingerprint(text), "says", translation), lambda: force(translator(name), text, translation))


def translator(name: str) -> Translator:
    """A model that translates."""
    net = model(name)
    if not isinstance(net, Translator):
        raise InputError(f"{name} does not translate", "take another model")
    return net


def _key(name: str, raw: str | bytes, options: Mapping[str, Any]) -> tuple[Hashable, ...]:
    return (name, fingerprint(raw), *sorted(options.items()))


def once(key: tuple[Hashable, ...], make: Callable[[], T]) -> T:
    """The visitor's `make()` of this key, worked out once; those not asked for longest go where there are too many.

    What cannot be taken is not tried again either: a refused input is refused from the store.
    """
    kept: dict[tuple[Hashable, ...], Kept] = st.session_state.setdefault(KEPT, {})
    kept[key] = found = kept.pop(key, None) or _weighed(_made(make))
    while len(kept) > MOST or (len(kept) > 1 and sum(each.bytes for each in kept.values()) > MOST_BYTES):
        del kept[next(iter(kept))]
    if isinstance(found.value, InputError):
        raise InputError(found.value.finding, found.value.cure)
    return found.value


def _made(make: Callable[[], T]) -> T | InputError:
    """The refusal without its traceback, which would keep the whole input."""
    try:
        return make()
    except InputError as error:
        return InputError(error.finding, error.cure)


def attempted(slot: str, work: Callable[[], T]) -> tuple[T | None, bool]:
    """What `work` has from the store, and True; after an error, said in a sentence, what it last had in this slot, and False."""
    latest: dict[str, tuple[Hashable, ...]] = st.session_state.setdefault(LATEST, {})
    try:
        value = work()
        latest[slot] = next(reversed(st.session_state[KEPT]))
        return value, True
    except AttnvizError as error:
        kept = st.session_state.get(KEPT, {}).get(latest.get(slot))
        say.error(f"{error}{'' if kept is None else ' Below is still the last result.'}")
        return (None if kept is None else kept.value), False


def _weighed(value: Any) -> Kept:
    return Kept(value, _bytes(value))


def _bytes(value: Any) -> int:
    """Of the arrays in a result; those of a tape are told by its receipts."""
    if isinstance(value, Tape):
        return sum(m.receipt.bytes for m in value if m.receipt)
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, (bytes, str)):
        return len(value)
    if isinstance(value, Mapping):
        return sum(map(_bytes, value.values()))
    if isinstance(value, (tuple, list)):
        return sum(map(_bytes, value))
    return sum(_bytes(getattr(value, each.name)) for each in fields(value)) if is_dataclass(value) else 0


def fingerprint(raw: str | bytes) -> str:
    """A short name for an input."""
    content = raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass")
    return hashlib.sha256(content).hexdigest()[:16]
