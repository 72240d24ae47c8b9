"""A photo as a feature map: what a trained network computes of it before its first attention."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from attnviz.mechanisms.inputs import FeatureMap


def of_photo(image: Tensor, stem: nn.Module, first: nn.Module) -> FeatureMap:
    """first(gelu(stem(image))) for an image (1, 3, row, column), which is how nets.ResNet begins; channels are numbered."""
    with torch.no_grad():
        features = first(F.gelu(stem(image)))[0].numpy()
    return FeatureMap(features, tuple(f"channel {channel}" for channel in range(len(features))))
