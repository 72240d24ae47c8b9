"""Maps to be held against: a spot in the middle of the photo, its edges, and Grad-CAM of the same network."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

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


def grad_cam(model: nn.Module, layer: str, image: Tensor) -> Reals:
    """(1, 3, row, column) -> (row, column) of the features that `layer` gives (Selvaraju et al., 2017, arXiv:1610.02391).

    Features weighed by the mean gradient of the most probable label's logit over places, summed, and cut off at 0.
    """
    kept: list[Tensor] = []

    def keep(_module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        kept.append(output.detach().requires_grad_(True))
        return kept[-1]

    handle = model.get_submodule(layer).register_forward_hook(keep)
    try:
        with torch.enable_grad():
            logits = model(image)
            (gradient,) = torch.autograd.grad(logits[0].max(), kept[-1])
    finally:
        handle.remove()
    weighed = (gradient.mean((2, 3), keepdim=True) * kept[-1].detach()).sum(1)[0]
    return np.asarray(weighed.clamp_min(0).double().numpy())
