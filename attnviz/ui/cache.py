"""What visitors share, which is the models, and what each keeps, which is results."""

import hashlib
from typing import Any

import streamlit as st

from attnviz.load import load
from attnviz.nets import Net
from attnviz.predict import Prediction, predict

KEPT = 6
KEPT_BYTES = 1 << 30  # of queries, keys and weights; the last result is kept whatever its size


@st.cache_resource(show_spinner=False, max_entries=8)
def model(name: str) -> Net:
    """A model, loaded once for all visitors; nothing is ever switched on it. Errors are not kept."""
    return load(name)


def prediction(name: str, raw: Any, **options: Any) -> Prediction:
    """The visitor's result for this input, worked out once: another layer, head or slider runs no model."""
    kept: dict[str, Prediction] = st.session_state.setdefault("predictions", {})
    key = f"{name} {fingerprint(raw)} {sorted(options.items())}"
    if key not in kept:
        kept[key] = predict(model(name), raw, **options)
        while len(kept) > KEPT or (len(kept) > 1 and sum(map(_bytes, kept.values())) > KEPT_BYTES):
            del kept[next(iter(kept))]
    return kept[key]


def _bytes(result: Prediction) -> int:
    return sum(m.receipt.bytes for m in result.tape if m.receipt)


def fingerprint(raw: str | bytes) -> str:
    """A short name for an input."""
    content = raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass")
    return hashlib.sha256(content).hexdigest()[:16]
