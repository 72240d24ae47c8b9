"""Maps and figures as files: numbers as .json and .npz, pictures as .html, .png and .svg."""

import html
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import plotly.graph_objects as go

from attnviz.errors import ExportError, MapTooLarge
from attnviz.exhibit import Exhibit
from attnviz.maps import AttentionMap
from attnviz.plot import Picture, in_a_row
from attnviz.results import Outcome

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
.row {{ display: flex; flex-wrap: wrap; align-items: flex-start }}
.row > div:has(.plotly-graph-div) {{ flex: 1 1 300px; min-width: 0 }}
dl {{ color: #555; font-size: .9rem }}
dt {{ font-weight: 600 }}
dd {{ margin: 0 0 .4rem }}
</style></head><body>
<h1>{title}</h1>
{body}
</body></html>
"""


def as_json(maps: Sequence[AttentionMap], result: Outcome | Mapping[str, Any]) -> bytes:
    """Everything about a result and the chosen maps, weights as nested lists; MapTooLarge above what such a text can hold."""
    if (numbers := sum(int(np.prod(m.shape)) for m in maps)) > JSON_LIMIT:
        raise MapTooLarge(
            f"{numbers:,} weights are too many for .json, the limit is {JSON_LIMIT:,}",
            "write .npz, or a part with --rows and --columns",
        )
    return json.dumps({**summary(result), "maps": [_described(m) for m in maps]}, ensure_ascii=False).encode()


def as_npz(maps: Sequence[AttentionMap], result: Outcome | Mapping[str, Any]) -> bytes:
    """One float32 array a layer under the layer's name, and `meta`, a JSON text with the rest."""
    meta = {**summary(result), "maps": [{**_described(m), "weights": None} for m in maps]}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, meta=np.array(json.dumps(meta, ensure_ascii=False)), **{m.layer: m.dense() for m in maps})  # type: ignore[arg-type]
    return buffer.getvalue()


def as_html(exhibits: Sequence[Exhibit]) -> bytes:
    """A page that stands alone: all of the exhibits of one result, with what was put in and decided; nothing is fetched."""
    result = exhibits[0].result
    about = "".join(map(_paragraph, (f"Given: {result.put_in}", f"Answer: {result.said}", *result.remarks)))
    first = next((exhibit for exhibit in exhibits if any(isinstance(figure, go.Figure) for figure in exhibit.figures)), None)
    body = "".join(_shown(exhibit, exhibit is first) for exhibit in exhibits)
    return _PAGE.format(title=html.escape(result.title), body=about + body).encode()


def _shown(exhibit: Exhibit, first: bool) -> str:
    """One exhibit; the `first` one brings Plotly along."""
    plotly = next((place for place, figure in enumerate(exhibit.figures) if isinstance(figure, go.Figure)), None)
    drawn = [
        _plotted(figure, first and place == plotly) if isinstance(figure, go.Figure) else figure.as_html()
        for place, figure in enumerate(exhibit.figures)
    ]
    row = f'<div class="row">{"".join(drawn)}</div>'
    told = _paragraph(exhibit.caption) + _paragraph(exhibit.legend) + "".join(map(_receipt, exhibit.maps))
    return f"<section><h2>{html.escape(exhibit.title)}</h2>{row}{told}</section>"


def _plotted(figure: go.Figure, brings: bool) -> str:
    """A figure, which `brings` Plotly along by choice."""
    return _on_white(figure).to_html(full_html=False, include_plotlyjs=brings, config={"displaylogo": False, "responsive": True})


def _paragraph(text: str) -> str:
    return f"<p>{html.escape(text)}</p>" if text else ""


def _receipt(m: AttentionMap) -> str:
    """How the numbers were had; nothing for a map that was worked out from several layers."""
    if m.receipt is None:
        return ""
    values = {"layer": m.layer, "mechanism": m.mechanism, "norm": m.promise, **asdict(m.receipt)}
    return "<dl>" + "".join(f"<dt>{name}</dt><dd>{html.escape(str(value))}</dd>" for name, value in values.items()) + "</dl>"


def page(figure: go.Figure, title: str, caption: str) -> bytes:
    """A page of one figure that stands alone: Plotly is inside, and nothing is fetched."""
    drawn = _on_white(figure).to_html(full_html=False, include_plotlyjs=True, config={"displaylogo": False})
    return _PAGE.format(title=html.escape(title), body=drawn + _paragraph(caption)).encode()


def pictured(exhibits: Sequence[Exhibit]) -> go.Figure:
    """The first figure that can be a picture, or photos of one exhibit in a row; ExportError where all are sentences."""
    for exhibit in exhibits:
        if any(isinstance(figure, Picture) for figure in exhibit.figures):
            return in_a_row([figure.as_figure() if isinstance(figure, Picture) else figure for figure in exhibit.figures])
        for figure in exhibit.figures:
            if isinstance(figure, go.Figure):
                return figure
    raise ExportError("a sentence is no picture", "write .html")


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


def summary(result: Outcome | Mapping[str, Any]) -> dict[str, Any]:
    """Model, what was decided, what went in, and seconds; what is such a summary stays as it is."""
    if isinstance(result, Mapping):
        return dict(result)
    return {**result.maker, **result.answer, "seconds": result.seconds, "notes": list(result.notes), **result.given}


def _described(m: AttentionMap) -> dict[str, Any]:
    return {
        "layer": m.layer, "head": m.of_head, "kind": m.kind, "mechanism": m.mechanism, "norm": m.norm, "promise": m.promise,
        "axes": list(m.axes), "shape": list(m.shape), "labels": {axis: list(names) for axis, names in m.labels.items()},
        "notes": list(m.notes), "receipt": asdict(m.receipt) if m.receipt else None, "weights": m.dense().tolist(),
    }  # fmt: skip
