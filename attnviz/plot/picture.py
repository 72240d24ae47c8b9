"""A square photo as a figure of its own kind: its places say their numbers under the pointer, and can be clicked."""

import html
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from attnviz.maps import AttentionMap
from attnviz.plot.photo import Pixels, as_url, canvas, framed, laid, small
from attnviz.plot.style import WHAT

WIDTH = 274  # in a file


@dataclass(frozen=True)
class Picture:
    """`pixels`: (row, column, 3) bytes, or 4 with how opaque each is. `label`: what is read to those who do not see it.

    `places`: rows and columns of the grid over it; `says`: what each of its places says, row by row, and nothing where it is empty.
    `at`: the place that is framed. `also`: what a click chooses besides the point, as an address has it.
    """

    pixels: Pixels
    label: str
    places: tuple[int, int] = (1, 1)
    says: tuple[str, ...] = ()
    at: tuple[int, int] | None = None
    also: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        """The picture as a browser takes it."""
        return as_url(small(self.pixels))

    def as_html(self) -> str:
        """For a file: the picture, with its frame."""
        frame = ""
        if self.at is not None:
            (rows, columns), (row, column) = self.places, self.at
            place = f"top: {100 * row / rows}%; left: {100 * column / columns}%"
            size = f"width: {100 / columns}%; height: {100 / rows}%; box-sizing: border-box"
            line = "border: 2px solid white; outline: 2px solid black"
            frame = f'<i style="position: absolute; {place}; {size}; {line}"></i>'
        picture = f'<img src="{self.url}" alt="{html.escape(self.label)}" style="display: block; width: 100%">'
        return f'<div style="position: relative; width: {WIDTH}px; max-width: 100%; margin: 8px">{picture}{frame}</div>'

    def as_figure(self) -> go.Figure:
        """For a picture of several: as Plotly draws it."""
        figure = canvas(*self.places)
        figure.add_layout_image(laid(small(self.pixels), *self.places))
        return figure if self.at is None else framed(figure, *self.at)


def of_map(m: AttentionMap, more: tuple[str, ...] = ()) -> tuple[str, ...]:
    """What the places of a map over rows and columns say: their numbers, and one thing more each."""
    numbers = np.ndenumerate(m.dense())
    said = [f"row {row}, column {column}: {WHAT[m.norm]} {value:.4f}" for (row, column), value in numbers]
    return tuple(f"{each}, {other}" for each, other in zip(said, more, strict=True)) if more else tuple(said)
