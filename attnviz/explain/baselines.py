"""Maps to be held against: a spot in the middle of the photo, and its edges."""

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]
SIGMA = 0.25  # of the spot, as a share of the side
SOBEL = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]], dtype=np.float64)


def centre(grid: tuple[int, int]) -> Reals:
    """(row, column): a Gaussian in the middle, whatever the photo."""
    down, across = (np.exp(-(((np.arange(n) + 0.5) / n - 0.5) ** 2) / (2 * SIGMA**2)) for n in grid)
    return np.outer(down, across)


def edges(pixels: NDArray[np.uint8], grid: tuple[int, int]) -> Reals:
    """(row, column, 3) bytes -> (row, column) of the grid: the mean strength of edges (Sobel) of the grey photo in each cell."""
    grey = np.pad(pixels.astype(np.float64).mean(2), 1, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(grey, (3, 3))
    strength = np.hypot((windows * SOBEL).sum((2, 3)), (windows * SOBEL.T).sum((2, 3)))
    ends = [np.linspace(0, size, cells + 1).round().astype(int) for size, cells in zip(strength.shape, grid, strict=True)]
    sums = np.add.reduceat(np.add.reduceat(strength, ends[0][:-1], axis=0), ends[1][:-1], axis=1)
    return np.asarray(sums / np.outer(*[np.diff(end) for end in ends]))
