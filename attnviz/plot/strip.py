"""Several pictures of one photo in a row, as one figure: for a file, where pages lay out single figures."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from attnviz.maps import AttentionMap
from attnviz.plot.chosen_patches import chosen_patches, left_over
from attnviz.plot.photo import Pixels, framed, gate_map, overlay, photo
from attnviz.plot.style import finish

HEIGHT = 340


def strip(maps: Sequence[AttentionMap], pixels: Pixels) -> go.Figure:
    """Maps with axes (row, column) over one photo: for one map photo, map and overlay; for more the photo and each overlay."""
    panels = {"photo": photo(pixels)}
    if len(maps) == 1:
        panels |= {"gates": gate_map(maps[0]), "overlay": overlay(maps[0], pixels)}
    else:
        panels |= {m.layer: overlay(m, pixels) for m in maps}
    return _row(panels)


def look(m: AttentionMap, pixels: Pixels, row: int, column: int) -> go.Figure:
    """Where the patch at a row and a column looks, over (key_row, key_column): the photo with it framed, map and overlay."""
    top = max(float(m.dense().max()), 1e-9)
    nothing = overlay(m, pixels, opacity=0)
    panels = {"photo": framed(nothing, row, column), "weights": gate_map(m, 0.0, top), "overlay": overlay(m, pixels, top=top)}
    return _row(panels)


def choice(odds: AttentionMap, picks: AttentionMap, pixels: Pixels, own: Pixels) -> go.Figure:
    """Hard attention over a photo, (key_row, key_column) and (row, column): odds, picks, and what was left of its `own` pixels."""
    top = max(float(odds.dense().max()), 1e-9)
    panels = {
        "odds": overlay(odds, pixels, top=top), "picks": chosen_patches(odds, picks, pixels),
        "what the classifier saw": left_over(picks, own),
    }  # fmt: skip
    return _row(panels)


def _row(panels: Mapping[str, go.Figure]) -> go.Figure:
    """Figures by their title, side by side."""
    figure = make_subplots(rows=1, cols=len(panels), subplot_titles=list(panels), horizontal_spacing=0.02)
    for column, panel in enumerate(panels.values(), start=1):
        _place(figure, panel, column)
    return finish(figure, HEIGHT).update_layout(margin_t=40)


def _place(figure: go.Figure, panel: go.Figure, column: int) -> None:
    """Moves a picture's traces, images and axes into a column of the figure."""
    number = "" if column == 1 else str(column)
    for image in panel.layout.images:
        figure.add_layout_image(image.update(xref=f"x{number}", yref=f"y{number}"))
    for shape in panel.layout.shapes:
        figure.add_shape(shape.update(xref=f"x{number}", yref=f"y{number}"))
    for trace in panel.data:
        figure.add_trace(trace.update(showscale=False), row=1, col=column)
    figure.update_xaxes(visible=False, range=panel.layout.xaxis.range, constrain="domain", row=1, col=column)
    figure.update_yaxes(
        visible=False, range=panel.layout.yaxis.range, constrain="domain", scaleanchor=f"x{number}", row=1, col=column
    )  # fmt: skip
