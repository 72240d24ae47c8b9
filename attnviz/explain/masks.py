"""How well maps mark an object: attention energy inside its mask (Wang et al., 2020, arXiv:1910.01279) and the pointing game
(Zhang et al., 2016, arXiv:1608.00507), held against the object's share of the area, which is what an even map would score; how well
they rank places (`auc`, `top_quarter`); and whether a map fits its own photo better than others' (`specific`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from attnviz.explain.ranking import auc, ranks, specific, standard, top_quarter

Reals = NDArray[np.float64]
Box = tuple[float, float, float, float]
RESAMPLES = 2000
LEVEL = 0.95
SEED = 0
HAIR = 1e-9  # of the box: far below one pixel of the largest photo, far above what sums of floats are off by
ALIKE = 4 * float(np.finfo(np.float32).eps)  # of the largest weight: what is as near to it as float32 can tell shares the maximum


@dataclass(frozen=True)
class Score:
    """One map of one photo.

    `energy`: the share of its sum on the object; `area`: the object's share of what is seen; `pointing`: whether its maximum lies
    on the object, 0 or 1 (where several cells share the maximum, the share of them that does). `auc`: how often a point of it lies
    in a place with a larger weight than a point off it, a tie counting half. `top_quarter`: the share of the strongest quarter
    of places that the object covers; where places at its end are equal, each counts in part. `ranks` and `covered`, (place,): the
    ranks of the weights and of how much the object covers, both with mean 0 and length 1, or all 0 where they are all alike.
    """

    energy: float
    area: float
    pointing: float
    auc: float
    top_quarter: float
    ranks: Reals = field(repr=False, compare=False)
    covered: Reals = field(repr=False, compare=False)


def score(weights: NDArray[np.floating], mask: NDArray[np.bool_], box: Box) -> Score | None:
    """(row, column) weights of no sum in particular, over the part `box` of a photo, and the photo's mask, True on the object.

    `box` is (top, left, bottom, right) in pixels of the mask; what lies outside the photo is no object. Energy is the sum of
    weight times covered share over all cells, divided by the sum of weights. None where all weights are 0.
    """
    total = float(weights.sum(dtype=np.float64))
    if total <= 0:
        return None
    covered = coverage(mask, box, weights.shape)
    flat, share = weights.astype(np.float64).ravel(), covered.ravel()
    return Score(
        energy=float(flat @ share) / total, area=area(mask, box),
        pointing=float(at_centres(mask, box, weights.shape)[weights >= weights.max() * (1 - ALIKE)].mean()),
        auc=auc(flat, share), top_quarter=top_quarter(flat, share), ranks=standard(ranks(flat)), covered=standard(ranks(share)),
    )  # fmt: skip


def in_part(mask: NDArray[np.bool_], box: Box) -> bool:
    """Whether the object is in a part of the box: neither nowhere in it nor all of it, to a hair."""
    return HAIR < area(mask, box) < 1 - HAIR


def area(mask: NDArray[np.bool_], box: Box) -> float:
    """The object's share of the box."""
    return float(coverage(mask, box, (1, 1))[0, 0])


def coverage(mask: NDArray[np.bool_], box: Box, grid: tuple[int, ...]) -> Reals:
    """(row, column) of the grid: the share of each cell that the object covers, exactly; pixels are cut where cells end."""
    top, left, bottom, right = box
    rows, columns = overlap(top, bottom, grid[0], mask.shape[0]), overlap(left, right, grid[1], mask.shape[1])
    return np.asarray(np.clip(rows @ mask.astype(np.float64) @ columns.T, 0, 1))


def overlap(first: float, last: float, cells: int, pixels: int) -> Reals:
    """(cell, pixel): the share of each of the equal cells between two ends that a pixel, one long, takes."""
    ends = np.linspace(first, last, cells + 1)
    starts = np.arange(pixels)
    shared = np.minimum(ends[1:, None], starts + 1) - np.maximum(ends[:-1, None], starts)
    return np.asarray(np.maximum(shared, 0) / ((last - first) / cells))


def at_centres(mask: NDArray[np.bool_], box: Box, grid: tuple[int, ...]) -> NDArray[np.bool_]:
    """(row, column) of the grid: whether the pixel in the centre of each cell is the object's."""
    found = np.zeros(grid, dtype=np.bool_)
    rows, columns = (
        np.floor(first + (np.arange(cells) + 0.5) * (last - first) / cells).astype(int)
        for first, last, cells in zip(box[:2], box[2:], grid, strict=True)
    )
    inside = [np.flatnonzero((places >= 0) & (places < size)) for places, size in zip((rows, columns), mask.shape, strict=True)]
    found[np.ix_(*inside)] = mask[np.ix_(rows[inside[0]], columns[inside[1]])]
    return found


FIGURES = ("energy", "area", "pointing", "auc", "top_quarter")


def summary(scores: Sequence[Score]) -> dict[str, float | int | list[float]]:
    """Means over photos, each with its interval; `above` is energy - area photo by photo, whose interval is the honest test, and
    `specific` as above.

    Intervals are of 95 %, by drawing the photos anew 2,000 times with a fixed seed (percentiles; Efron, 1979).
    """
    columns = {name: np.array([getattr(one, name) for one in scores]) for name in FIGURES}
    columns |= {
        "above": columns["energy"] - columns["area"],
        "specific": specific([one.ranks for one in scores], [one.covered for one in scores]),
    }
    table = np.stack(list(columns.values()), axis=1)
    draws = np.random.default_rng(SEED).integers(0, len(table), (RESAMPLES, len(table)))
    low, high = np.quantile([table[draw].mean(0) for draw in draws], [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    found: dict[str, float | int | list[float]] = {}
    for i, name in enumerate(columns):
        found[name] = float(table[:, i].mean())
        found[f"{name}_interval"] = [float(low[i]), float(high[i])]
    return {**found, "n": len(table)}
