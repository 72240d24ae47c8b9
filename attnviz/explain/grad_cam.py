"""Grad-CAM (Selvaraju et al., 2017, arXiv:1610.02391): features of a convolutional net, weighed by what they do to a decision."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor


def grad_cam(features: Tensor, gradient: Tensor) -> NDArray[np.float64]:
    """(1, channel, row, column), the features of a layer, and the gradient of what was decided by them -> (row, column).

    Channels are weighed by their mean gradient over places, summed, and cut off at 0.
    """
    weighed = (gradient.mean((2, 3), keepdim=True) * features).sum(1)[0]
    return np.asarray(weighed.clamp_min(0).double().numpy())
