"""What visitors share, which is the models, and what each keeps, which is results."""

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

from attnviz.encode import Table
from attnviz.load import load
from attnviz.nets import Net, Translator
from attnviz.predict import Prediction, predict
from attnviz.translate import Translation, force, look, translate

Result = TypeVar("Result")

KEPT = 12
KEPT_BYTES = 1 << 30  # of queries, keys and weights; the last result is kept whatever its size


@st.cache_resource(show_spinner=False, max_entries=8)
def model(name: str) -> Net:
    """A model, loaded once for all visitors; nothing is ever switched on it. Errors are not kept."""
    return load(name)


def prediction(name: str, raw: Any, **options: Any) -> Prediction:
    """The visitor's result for this input, worked out once: another layer, head or slider runs no model."""
    return _once(f"{name} {fingerprint(raw)} {sorted(options.items())}", lambda: predict(model(name), raw, **options))


def series(name: str, about: str, table: Table, **options: Any) -> Prediction:
    """The same for a table that was read before, which `about` names."""
    return _once(f"{name} {about} {sorted(options.items())}", lambda: predict(model(name), table, **options))


def translation(name: str, text: str, choose: int = 0, **options: Any) -> Translation:
    """The same for a translator; another step or head runs no model."""
    key = f"{name} {fingerprint(text)} {sorted(options.items())}"
    best = _once(key, lambda: translate(translator(name), text, **options))
    return best if choose == best.chosen else _once(f"{key} {choose}", lambda: look(translator(name), best, choose))


def forced(name: str, text: str, translation: str) -> Translation:
    """What a translator says of a given translation."""
    return _once(f"{name} {fingerprint(text)} says {translation}", lambda: force(translator(name), text, translation))


def translator(name: str) -> Translator:
    """A model that translates."""
    net = model(name)
    assert isinstance(net, Translator)
    return net


def _once(key: str, work: Callable[[], Result]) -> Result:
    """The visitor's result of this name; the oldest one goes when there are too many."""
    kept: dict[str, Any] = st.session_state.setdefault("predictions", {})
    if key not in kept:
        kept[key] = work()
        while len(kept) > KEPT or (len(kept) > 1 and sum(map(_bytes, kept.values())) > KEPT_BYTES):
            del kept[next(iter(kept))]
    return kept[key]


def _bytes(result: Prediction) -> int:
    return sum(m.receipt.bytes for m in result.tape if m.receipt)


def fingerprint(raw: str | bytes) -> str:
    """A short name for an input."""
    content = raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass")
    return hashlib.sha256(content).hexdigest()[:16]
