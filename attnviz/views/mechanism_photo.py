"""The map of a mechanism over the places of a photo, beside the photo and laid over it."""

from collections.abc import Sequence

from attnviz import plot
from attnviz.encode import Patches
from attnviz.exhibit import Exhibit
from attnviz.explain import over_patches
from attnviz.maps import AttentionMap
from attnviz.results.mechanism import MechanismResult
from attnviz.state import Choice, Chosen, Whole
from attnviz.views.view import View

STRENGTH = 0.85


def fits(result: MechanismResult) -> bool:
    """Whether the first map is over the places of a photo."""
    return result.photo is not None and _flat(result).axes in (("row", "column"), ("query", "key"))


def _flat(result: MechanismResult) -> AttentionMap:
    m = result.shown.maps[0]
    return m.at_head(0) if m.axes == ("head", "query", "key") and m.size("head") == 1 else m


def exhibits(result: MechanismResult, chosen: Chosen) -> Sequence[Exhibit]:
    """Photo, map and overlay; where places ask each other, of the place that is chosen."""
    m, asked = _flat(result), ""
    if m.axes == ("query", "key"):
        grid, row, column = _grid(result), chosen["row"], chosen["column"]
        m = over_patches(m, grid, grid.position(row, column))
        asked = f"It is the place in row {row}, column {column} that looks."
    top = 1.0 if m.norm == "sigmoid" else max(float(m.dense().max()), 1e-9)
    figures = (
        plot.photo(result.photo, foot=plot.FOOT), plot.gate_map(m, 0.0, top), plot.overlay(m, result.photo, STRENGTH, 0.0, top),
    )  # fmt: skip
    told = (plot.caption(m, result.of, None, result.title), asked, *result.notes)
    legend = f"Colours run from 0 to {top:.3g}; the photo is dimmed where the map is low."
    return (Exhibit("map", result.title, figures, " ".join(part for part in told if part), (m,), result, legend),)


def _grid(result: MechanismResult) -> Patches:
    rows, columns = result.inputs.features.shape[1:]  # type: ignore[union-attr]  # a photo is always given as a feature map
    return Patches(rows, columns)


def choices(result: MechanismResult) -> Sequence[Choice]:
    """The place that asks, where places ask each other."""
    if _flat(result).axes != ("query", "key"):
        return ()
    grid = _grid(result)
    return (
        Choice("row", "The place that asks: row", Whole(0, grid.rows - 1), grid.rows // 2),
        Choice("column", "Column", Whole(0, grid.columns - 1), grid.columns // 2),
    )


VIEW = View("mechanism-photo", "Over the photo", MechanismResult, exhibits, choices, fits)
