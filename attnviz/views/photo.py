"""What the views of a photo share: how a map is laid over it, and how both are drawn."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attnviz import plot
from attnviz.exhibit import Exhibit
from attnviz.maps import AttentionMap
from attnviz.plot.photo import Pixels
from attnviz.results import PhotoResult
from attnviz.state import Choice, Chosen, OneOf, Real
from attnviz.weights import Floats

WHOLE, OWN = "whole", "own"
CELLS, SMOOTH = "cells", "smooth"
SAID = {WHOLE: "From 0", OWN: "Smallest to largest", CELLS: "True resolution", SMOOTH: "Smoothed"}
SCALES = "From 0 to the largest weight, for gates to 1; or from the smallest number to the largest, which shows small differences."
SCALE = Choice("scale", "Scale", OneOf((WHOLE, OWN), SAID.__getitem__), WHOLE, SCALES, more=True)
DRAWN = Choice("drawn", "Drawn", OneOf((CELLS, SMOOTH), SAID.__getitem__), CELLS)
STRENGTH = Choice("strength", "Strength of the overlay", Real(0.0, 1.0, 0.05), 0.85)
DRAWING = (STRENGTH, DRAWN, SCALE)


@dataclass(frozen=True)
class Clicks:
    """A photo whose places can be clicked: the grid's rows and columns, the one that is framed, and what a click chooses."""

    places: tuple[int, int]
    at: tuple[int, int] | None
    picks: tuple[str, ...]
    also: tuple[str, ...] = ()


def ends(m: AttentionMap, scale: str) -> tuple[float, float]:
    """The ends of the colours: of gates and picks 0 and 1, of weights 0 and the largest; by choice smallest and largest of all."""
    numbers = m.dense()
    alike = plot.ALIKE if m.norm == "sigmoid" else 0.0
    if scale == OWN and m.norm != "binary" and np.ptp(numbers) > alike:
        return float(numbers.min()), float(numbers.max())
    return 0.0, 1.0 if m.norm in ("sigmoid", "binary") else max(float(numbers.max()), 1e-9)


def over_photo(
    result: PhotoResult, name: str, title: str, m: AttentionMap, chosen: Chosen, caption: str,
    clicks: Clicks | None = None, help: str = "",
) -> Exhibit:  # fmt: skip
    """Photo, map and overlay in a row, at one size."""
    bottom, top = ends(m, chosen["scale"])
    figures = (
        picture(result.encoded.seen, "The photo, as much of it as the model sees.", clicks),
        plot.gate_map(m, bottom, top, chosen["drawn"] == SMOOTH),
        laid_over(result, m, chosen, clicks),
    )
    picks = clicks.picks if clicks else ()
    return Exhibit(name, title, figures, caption, (m,), result, drawn(m, chosen), picks=picks, help=help)


def laid_over(result: PhotoResult, m: AttentionMap, chosen: Chosen, clicks: Clicks | None = None) -> plot.Picture:
    """The photo, dimmed where the map is low."""
    smooth = chosen["drawn"] == SMOOTH
    pixels = plot.laid_over(m, result.encoded.seen, chosen["strength"], *ends(m, chosen["scale"]), smooth=smooth)
    return picture(pixels, "The photo, dimmed and grey where the map is low.", clicks, m)


def picture(pixels: Pixels, label: str, clicks: Clicks | None = None, m: AttentionMap | None = None) -> plot.Picture:
    """A picture of a photo, whose places say the numbers of a map where there is one."""
    says = () if m is None else plot.of_map(m)
    places = clicks.places if clicks else (1, 1) if m is None else (m.shape[0], m.shape[1])
    return plot.Picture(pixels, label, places, says, clicks.at if clicks else None, clicks.also if clicks else ())


def drawn(m: AttentionMap, chosen: Chosen) -> str:
    """What the colours mean, and what the cells are."""
    (rows, columns), (bottom, top) = m.shape, ends(m, chosen["scale"])
    how = (
        f"Smoothed: bilinear between the middles of {rows} x {columns} places; what lies between them is no number of the model."
        if chosen["drawn"] == SMOOTH
        else f"Each of {rows} x {columns} cells is one number."
    )
    return f"Colours run from {bottom:.3f} to {top:.3f}; the lower end is dimmed and grey. {how}"


def ranked(result: PhotoResult, name: str, title: str, names: Sequence[str], m: AttentionMap, weights: Floats) -> Exhibit:
    """The largest of some weights, one for each position, as bars."""
    values = weights.ravel()
    figure = plot.word_weights(tuple(names), values.tolist(), max(float(values.max()), 1e-9))
    best = int(values.argmax())
    return Exhibit(name, title, (figure,), f"Most: {names[best]}, {values[best]:.3f}.", (m,), result, width=0.5)


def blocks(count: int) -> list[str]:
    """Names of the blocks of a model that attends in each of them; none is needed where there is one."""
    return [f"Block {number}" for number in range(count)]
