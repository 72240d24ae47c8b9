"""Maps and figures as files: numbers as .json and .npz, pictures as .html, .png and .svg."""

import html
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import plotly.graph_objects as go

from attnviz.encode import EncodedSeries, EncodedText
from attnviz.errors import ExportError, MapTooLarge
from attnviz.maps import AttentionMap
from attnviz.translate import Shown

NUMBERS = ("json", "npz")
PICTURES = ("html", "png", "svg")
PICTURE_WIDTH = 900
JSON_LIMIT = 1 << 24

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light }}
body {{ background: white; color: #222; font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto;
  padding: 0 1rem; max-width: 60rem }}
p {{ white-space: pre-wrap; overflow-wrap: anywhere }}
</style></head><body>
<h1>{title}</h1>
{figure}
<p>{caption}</p>
</body></html>
"""


def as_json(maps: Sequence[AttentionMap], prediction: Shown | Mapping[str, Any]) -> bytes:
    """Everything about a prediction and the chosen maps, weights as nested lists; MapTooLarge above what such a text can hold."""
    if (numbers := sum(int(np.prod(m.shape)) for m in maps)) > JSON_LIMIT:
        raise MapTooLarge(
            f"{numbers:,} weights are too many for .json, the limit is {JSON_LIMIT:,}",
            "write .npz, or a part with --rows and --columns",
        )
    return json.dumps({**summary(prediction), "maps": [_described(m) for m in maps]}, ensure_ascii=False).encode()


def as_npz(maps: Sequence[AttentionMap], prediction: Shown | Mapping[str, Any]) -> bytes:
    """One float32 array a layer under the layer's name, and `meta`, a JSON text with the rest."""
    meta = {**summary(prediction), "maps": [{**_described(m), "weights": None} for m in maps]}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, meta=np.array(json.dumps(meta, ensure_ascii=False)), **{m.layer: m.dense() for m in maps})  # type: ignore[arg-type]
    return buffer.getvalue()


def as_html(figure: go.Figure, title: str, caption: str) -> bytes:
    """A page that stands alone: Plotly is inside, and nothing is fetched."""
    body = _on_white(figure).to_html(full_html=False, include_plotlyjs=True, config={"displaylogo": False})
    return _PAGE.format(title=html.escape(title), caption=html.escape(caption), figure=body).encode()


def as_picture(figure: go.Figure, kind: str) -> bytes:
    """PNG or SVG bytes, drawn by kaleido in an installed Chromium; ExportError where there is none."""
    try:
        return bytes(_on_white(figure).to_image(format=kind, width=PICTURE_WIDTH, scale=2))
    except Exception as error:  # kaleido raises its browser's own errors, of many classes
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ExportError(
            f"no {kind.upper()} could be drawn, because kaleido found no working Chromium ({reason[:120]})",
            "install Chromium or Chrome, or export .html, .json or .npz instead",
        ) from None


def _on_white(figure: go.Figure) -> go.Figure:
    """A copy for paper: scales that start transparent start white."""
    return go.Figure(figure).update_layout(paper_bgcolor="white", plot_bgcolor="white", template="plotly_white")


def summary(prediction: Shown | Mapping[str, Any]) -> dict[str, Any]:
    """Model, what was decided, what went in, and seconds; what is such a summary stays as it is."""
    if isinstance(prediction, Mapping):
        return dict(prediction)
    tokens = list(prediction.encoded.tokens) if isinstance(prediction.encoded, EncodedText) else []
    return {
        "model": prediction.card.name,
        **prediction.answer,
        "seconds": prediction.seconds,
        "notes": list(prediction.encoded.notes),
        **(_series(prediction.encoded) if isinstance(prediction.encoded, EncodedSeries) else {}),
        **({"text": prediction.encoded.text, "tokens": tokens} if isinstance(prediction.encoded, EncodedText) else {}),
    }


def _series(series: EncodedSeries) -> dict[str, Any]:
    """What the model saw, and what came."""
    return {
        "series": series.name, "past": series.past.tolist(), "past_steps": list(series.past_names),
        "ahead_steps": list(series.ahead_names), "truth": series.truth.tolist(),
    }  # fmt: skip


def _described(m: AttentionMap) -> dict[str, Any]:
    return {
        "layer": m.layer, "head": m.of_head, "kind": m.kind, "mechanism": m.mechanism, "norm": m.norm, "promise": m.promise,
        "axes": list(m.axes), "shape": list(m.shape), "labels": {axis: list(names) for axis, names in m.labels.items()},
        "notes": list(m.notes), "receipt": asdict(m.receipt) if m.receipt else None, "weights": m.dense().tolist(),
    }  # fmt: skip
