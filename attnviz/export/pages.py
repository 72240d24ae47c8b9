"""Exhibits as a page that stands alone: .html, which fetches nothing."""

import html
from collections.abc import Sequence
from dataclasses import asdict

import plotly.graph_objects as go

from attnviz.exhibit import Exhibit
from attnviz.export.pictures import on_white
from attnviz.maps import AttentionMap

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light }}
body {{ background: white; color: #222; font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto;
  padding: 0 1rem; max-width: 60rem }}
p {{ white-space: pre-wrap; overflow-wrap: anywhere }}
.row {{ display: grid; grid-template-columns: repeat(var(--many), minmax(0, 1fr)); align-items: start }}
@media (max-width: 40rem) {{ .row {{ grid-template-columns: minmax(0, 1fr) }} }}
dl {{ color: #555; font-size: .9rem }}
dt {{ font-weight: 600 }}
dd {{ margin: 0 0 .4rem }}
</style></head><body>
<h1>{title}</h1>
{body}
</body></html>
"""


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
    row = f'<div class="row" style="--many: {len(drawn)}">{"".join(drawn)}</div>'  # Plotly measures its place once
    told = _paragraph(exhibit.caption) + _paragraph(exhibit.legend) + "".join(map(_receipt, exhibit.maps))
    return f"<section><h2>{html.escape(exhibit.title)}</h2>{row}{told}</section>"


def _plotted(figure: go.Figure, brings: bool) -> str:
    """A figure, which `brings` Plotly along by choice."""
    return on_white(figure).to_html(full_html=False, include_plotlyjs=brings, config={"displaylogo": False, "responsive": True})


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
    drawn = on_white(figure).to_html(full_html=False, include_plotlyjs=True, config={"displaylogo": False})
    return _PAGE.format(title=html.escape(title), body=drawn + _paragraph(caption)).encode()
