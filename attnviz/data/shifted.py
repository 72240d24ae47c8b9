"""Square parts of photos in which the object is off the middle: what knows only that things stand in the middle fails there."""

from dataclasses import replace

import numpy as np
from PIL import Image

from attnviz.data.masked import Mask, Masked
from attnviz.encode.decode import decoded

SHARE = 0.65  # side of the part, as a share of the photo's shorter side
STEPS = 9  # places tried a side
SHOWN = (0.05, 0.6)  # share of the part that the object must take
KEPT = 0.35  # share of the object that the part must hold
PHOTO_SIDE = 1024


def shifted(one: Masked) -> Masked | None:
    """The part whose object is farthest from its middle, as a photo of its own; None where none shows enough, or all too much."""
    if (corner := farthest(one.mask)) is None:
        return None
    top, left, side = corner
    upright, _, _ = decoded(one.photo, PHOTO_SIDE)
    down, across = (size / length for size, length in zip(upright.size[::-1], one.mask.shape, strict=True))
    box = (round(left * across), round(top * down), round((left + side) * across), round((top + side) * down))
    pixels = np.asarray(upright.convert("RGB").crop(box))
    mask = Image.fromarray(one.mask[top : top + side, left : left + side]).resize(pixels.shape[1::-1], Image.Resampling.NEAREST)
    return replace(one, photo=pixels, mask=np.asarray(mask))


def farthest(mask: Mask) -> tuple[int, int, int] | None:
    """(top, left, side) of that part of (row, column)."""
    side = max(1, round(SHARE * min(mask.shape)))
    whole = float(mask.sum())
    best: tuple[float, tuple[int, int, int]] | None = None
    for top in np.linspace(0, mask.shape[0] - side, STEPS).round().astype(int):
        for left in np.linspace(0, mask.shape[1] - side, STEPS).round().astype(int):
            part = mask[top : top + side, left : left + side]
            if not SHOWN[0] <= part.mean() <= SHOWN[1] or part.sum() < KEPT * whole:
                continue
            rows, columns = np.nonzero(part)
            far = float(np.hypot(rows.mean() - (side - 1) / 2, columns.mean() - (side - 1) / 2))
            if best is None or far > best[0]:
                best = far, (int(top), int(left), side)
    return None if best is None else best[1]
