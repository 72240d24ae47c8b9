"""What the width does to a kernel regression: both limits, the error where points are left out, and the way down to its least."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from attnviz.errors import InputError
from attnviz.layers.kernel_regression import KernelRegression, descent, left_out_error
from attnviz.maps import Floats
from attnviz.mechanisms.inputs import Points, matrix

PLACES = 121
NARROW = 1e-6  # of the points' reach: the nearest point has all
LEAST = 2


def points_of(text: str) -> list[tuple[float, float]]:
    """Points as they were typed, x and y a line; InputError where they are not two or more pairs."""
    pairs = matrix(text, "points")
    if pairs.shape[1] != 2 or len(pairs) < LEAST:
        raise InputError(
            f"{len(pairs)} rows of {pairs.shape[1]} numbers are no points", f"give {LEAST} or more lines, each with x and y"
        )
    return [(float(x), float(y)) for x, y in pairs]


def measured(points: Sequence[tuple[float, float]], left: float, right: float) -> Points:
    """Points in the order of x, and a grid from `left` to `right` on which a curve is wanted."""
    ordered = sorted(points)
    x, y = (np.array([point[axis] for point in ordered], dtype=np.float32) for axis in (0, 1))
    return Points(x, y, np.linspace(left, right, PLACES, dtype=np.float32))


def nearest(points: Points) -> Floats:
    """(place,): the limit of a width towards 0."""
    reach = float(np.ptp(points.x)) or 1.0
    return _curve(KernelRegression(NARROW * reach), points)


def _curve(layer: KernelRegression, points: Points) -> Floats:
    with torch.no_grad():
        curve: Floats = layer(*_tensors(points.grid, points.x, points.y))[0].numpy()
    return curve


def left_out_errors(points: Points, widths: Sequence[float]) -> list[float]:
    """The mean squared error for each width, every point foretold from all others."""
    x, y = _tensors(points.x, points.y)
    with torch.no_grad():
        return [left_out_error(KernelRegression(width), x, y).item() for width in widths]


def learned(points: Points, start: float, steps: int = 200) -> Iterator[tuple[float, float]]:
    """(width, error) before every step of gradient descent from `start`, and after the last."""
    x, y = _tensors(points.x, points.y)
    return descent(KernelRegression(start, learned=True), x, y, steps)


def _tensors(*arrays: Floats) -> list[torch.Tensor]:
    return [torch.tensor(array)[None] for array in arrays]
