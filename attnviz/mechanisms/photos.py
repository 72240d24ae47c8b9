"""A photo as a feature map: what a trained network computes of it before its first attention."""

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from attnviz.mechanisms.inputs import FeatureMap
from attnviz.nets.resnet import ResNet


def of_photo(net: ResNet, image: Tensor) -> FeatureMap:
    """The first stage of a network on an image (1, 3, row, column), up to its residual block; channels are numbered."""
    first: Any = net.stages[0]
    with torch.no_grad():
        features = first.down(F.gelu(net.stem(image)))[0].numpy()
    return FeatureMap(features, tuple(f"channel {channel}" for channel in range(len(features))))
