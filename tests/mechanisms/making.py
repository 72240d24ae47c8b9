"""Small random inputs of every sort, and the Keras code of a mechanism run on them."""

from types import ModuleType
from typing import Any

import numpy as np
import torch

from attnviz.mechanisms import FeatureMap, Inputs, Mechanism, Points, Shown, Vectors


def inputs(kind: str, seed: int = 0) -> Inputs:
    """Queries 5, keys 7, features 8, value features 6; 11 points; 16 channels of 9 x 10."""
    draw = np.random.default_rng(seed)
    if kind == "points":
        x = np.sort(draw.uniform(0, 5, 11))
        return Points(x, np.sin(x) + draw.normal(0, 0.2, 11), np.linspace(0, 5, 21))
    if kind == "feature-map":
        return FeatureMap(draw.normal(size=(16, 9, 10)))
    return Vectors(draw.normal(size=(5, 8)), draw.normal(size=(7, 8)), draw.normal(size=(7, 6)))


def in_keras(keras: ModuleType, mechanism: Mechanism, shown: Shown) -> dict[str, Any]:
    """What the very text that the page shows leaves behind, without the batch: `output`, `weights`, `odds`, `soft`, `gate`."""
    space: dict[str, Any] = {"keras": keras, "np": np, **shown.names}
    exec(mechanism.keras.call, space)
    found = {name: space[name] for name in ("output", "weights", "odds", "soft", "gate") if name in space}
    return {name: torch.as_tensor(array).detach().cpu().numpy()[0] for name, array in found.items()}
