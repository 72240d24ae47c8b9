"""What visitors share: the models, and the results, in one bounded store by what was put in."""

import hashlib
from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import numpy as np
import streamlit as st

from attnviz.encode import Table
from attnviz.errors import AttnvizError, InputError
from attnviz.limits import LIMITS
from attnviz.load import load
from attnviz.nets import Net, Translator
from attnviz.predict import predict_as
from attnviz.record import Tape
from attnviz.results import PhotoResult, SeriesResult, TextResult, Translation
from attnviz.translate import force, look, translate
from attnviz.ui import say
from attnviz.ui.decoding import Decoder
from attnviz.ui.reading import waited
from attnviz.ui.store import Kept, Store
from attnviz.ui.warm import settle

T = TypeVar("T")

KEPT, LATEST, BROUGHT = "results", "results-latest", "brought"
REMEMBERED = 60
HELD = 3  # photos that a visitor brought, so that Back finds the one before


@st.cache_resource(show_spinner=False, max_entries=LIMITS.models_loaded)
def model(name: str) -> Net:
    """A model, loaded once for all visitors; nothing is ever switched on it. Errors are not kept.

    One that is loaded again has no results yet.
    """
    found = load(name)
    store().forget(name)
    settle()
    return found


def text(name: str, raw: str, **options: Any) -> TextResult:
    """The result for this text, worked out once: another layer, head or slider runs no model."""
    net = model(name)
    return once(_key(name, raw, options), lambda: predict_as(TextResult, net, raw, sloped=True, **options))


def photo(name: str, raw: bytes, **options: Any) -> PhotoResult:
    """The same for a photo."""
    net = model(name)
    return once(_key(name, raw, options), lambda: predict_as(PhotoResult, net, decoder().decode(raw), **options))


def series(name: str, about: str, table: Table, **options: Any) -> SeriesResult:
    """The same for a table that was read before, which `about` names."""
    net = model(name)
    return once((name, about, *sorted(options.items())), lambda: predict_as(SeriesResult, net, table, **options))


def translation(name: str, text: str, beams: int, *, sentence: int = 1, prefix: str = "", choose: int = 0) -> Translation:
    """The same for a translator and a sentence of the text; another step, head or beam runs no search."""
    key, net = _key(name, text, {"sentence": sentence, "prefix": prefix, "beams": beams}), translator(name)
    best = once(key, lambda: translate(net, text, prefix, beams, sentence=sentence))
    choose = min(choose, len(best.outputs) - 1)
    return best if choose == best.chosen else once((*key, choose), lambda: look(net, best, choose))


def forced(name: str, text: str, translation: str) -> Translation:
    """What a translator says of a given translation."""
    net = translator(name)
    return once((name, fingerprint(text), "says", translation), lambda: force(net, text, translation))


def translator(name: str) -> Translator:
    """A model that translates."""
    net = model(name)
    if not isinstance(net, Translator):
        raise InputError(f"{name} does not translate", "take another model")
    return net


def _key(name: str, raw: str | bytes, options: Mapping[str, Any]) -> tuple[Hashable, ...]:
    return (name, fingerprint(raw), *sorted(options.items()))


def once(key: tuple[Hashable, ...], make: Callable[[], T]) -> T:
    """`make()` of this key, worked out once for all visitors who ask for it; its first part is the line they stand in.

    What cannot be taken is not tried again either: a refused input is refused from the store. A session keeps the names of what it
    asked for, and of each of its places the last result. While a visitor waits, closing the
    page or asking for something else takes them out of the line.
    """
    asked: dict[tuple[Hashable, ...], bool] = st.session_state.setdefault(KEPT, {})
    asked[key] = asked.pop(key, True)
    while len(asked) > REMEMBERED:
        del asked[next(iter(asked))]
    with waited() as tell:
        value = store().once(key, lambda: _weighed(_made(make)), tell)
    if isinstance(value, InputError):
        raise InputError(value.finding, value.cure)
    found: T = value
    return found


@st.cache_resource(show_spinner=False)
def decoder() -> Decoder:
    """The one of this server."""
    return Decoder(LIMITS.warm_photos, LIMITS.decode_seconds)


@st.cache_resource(show_spinner=False)
def store() -> Store:
    """The one of this server."""
    return Store(LIMITS.results_kept, LIMITS.results_bytes, LIMITS.at_once, LIMITS.waiting)


def hold(raw: bytes) -> str:
    """Keeps what a visitor brought, with that visitor alone; a short name to ask for it by. The oldest of a few goes."""
    brought: dict[str, bytes] = st.session_state.setdefault(BROUGHT, {})
    name = fingerprint(raw)
    brought[name] = raw
    while len(brought) > HELD:
        del brought[next(iter(brought))]
    return name


def held(name: str) -> bytes | None:
    """What this visitor brought by that name; None where it is not kept, or no longer."""
    found: bytes | None = st.session_state.get(BROUGHT, {}).get(name)
    return found


def _made(make: Callable[[], T]) -> T | InputError:
    """The refusal without its traceback, which would keep the whole input."""
    try:
        return make()
    except InputError as error:
        return InputError(error.finding, error.cure)


def had(slot: str) -> bool:
    """Whether this visitor has had something in this slot."""
    return slot in st.session_state.get(LATEST, {})


def attempted(slot: str, work: Callable[[], T]) -> tuple[T | None, bool]:
    """What `work` has from the store, and True; after an error, said in a sentence, what it last had in this slot, and False."""
    latest: dict[str, Any] = st.session_state.setdefault(LATEST, {})
    try:
        value = work()
        latest[slot] = value
        return value, True
    except AttnvizError as error:
        kept = latest.get(slot)
        say.error(f"{error}{'' if kept is None else ' Below is still the last result.'}")
        return kept, False


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
