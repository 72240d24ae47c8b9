"""How well weights rank the places of a photo by whether an object is there. Places are taken row by row, as one axis."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]


def auc(weights: Reals, covered: Reals) -> float:
    """(place,) weights, and the share of each place that the object covers: the area under the curve of all thresholds.

    The share of pairs of a point on the object and a point off it whose places the weights order rightly, ties half; 0.5 where the
    object covers nothing or everything.
    """
    values, which = np.unique(weights, return_inverse=True)
    on, off = (np.bincount(which, share, len(values)) for share in (covered, 1 - covered))
    below = np.cumsum(off) - off
    pairs = float(on.sum() * off.sum())
    return float(on @ (below + off / 2)) / pairs if pairs > 0 else 0.5


def top_quarter(weights: Reals, covered: Reals) -> float:
    """(place,) weights and covered shares -> the mean share of the strongest quarter of places, at least one place."""
    count = max(1, round(len(weights) / 4))
    last = np.sort(weights)[-count]
    above, at = weights > last, weights == last
    part = (count - above.sum()) / at.sum()
    return float((covered[above].sum() + part * covered[at].sum()) / count)


def ranks(values: Reals) -> Reals:
    """(place,) -> ranks from 0 on, equal values sharing the mean of theirs."""
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts + 1) / 2)[which])


def standard(values: Reals) -> Reals:
    """With mean 0 and length 1; all 0 where all are alike."""
    apart = values - values.mean()
    length = float(np.linalg.norm(apart))
    return np.asarray(apart / length if length > 0 else np.zeros_like(apart))


def specific(own: Sequence[Reals], masks: Sequence[Reals]) -> Reals:
    """Ranks of a map's places and of what the mask covers, both standard, photo by photo -> (photo,).

    The rank correlation (Spearman) of each map with its own mask, less its mean with those of the other photos. 0 where there is
    only one photo: there is nothing to be specific against. A map that is always the same is, on average, specific to none.
    """
    if len(own) < 2:
        return np.zeros(len(own))
    with_own = np.array([ranks @ mask for ranks, mask in zip(own, masks, strict=True)])
    with_all = np.stack(own) @ np.sum(masks, axis=0)
    return np.asarray(with_own - (with_all - with_own) / (len(own) - 1))
