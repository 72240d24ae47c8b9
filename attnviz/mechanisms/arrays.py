"""Between our layers and the Keras code: tensors for the one, arrays of the same numbers for the other."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from attnviz.errors import InputError
from attnviz.maps import Floats
from attnviz.mechanisms.inputs import Vectors, counted


def matrix(linear: Any) -> Floats:
    """The weight of a Linear as Keras has it: (in, out)."""
    weight: Floats = linear.weight.detach().numpy().T.copy()
    return weight


def vector(parameter: Tensor) -> Floats:
    """A parameter, in its own shape."""
    array: Floats = parameter.detach().numpy().copy()
    return array


def additive(scores: Any) -> dict[str, Floats]:
    """W, U, b and v of additive scores."""
    return {"W": matrix(scores.query), "U": matrix(scores.key), "b": vector(scores.key.bias), "v": vector(scores.vector.weight[0])}


def multi_head(layer: Any) -> dict[str, Any]:
    """The weights of a MultiHead in the order and the shapes of Keras' layers with heads, as `learned`."""
    heads, groups = layer.heads, layer.groups
    parts = ((layer.query, heads), (layer.key, groups), (layer.value, groups))
    learned = []
    for linear, count in parts:
        kernel = matrix(linear)
        learned += [kernel.reshape(len(kernel), count, -1), vector(linear.bias).reshape(count, -1)]
    out = matrix(layer.out)
    learned += [out.reshape(heads, -1, out.shape[1]), vector(layer.out.bias)]
    return {"learned": learned, "heads": heads, "features": out.shape[0] // heads}


def batch(array: Floats) -> Floats:
    """The same with a batch of one."""
    return array[None]


def tensors(*arrays: Floats) -> tuple[Tensor, ...]:
    """Copies that a layer may take."""
    return tuple(torch.tensor(np.asarray(array)) for array in arrays)


def labels(inputs: Vectors) -> dict[str, tuple[str, ...]]:
    """Names of queries and keys, where there are any."""
    return {"query": inputs.rows, "key": inputs.columns}


def labels_of_one(inputs: Vectors) -> dict[str, tuple[str, ...]]:
    """The same where an input asks itself."""
    return {"query": inputs.rows, "key": inputs.rows}


def divided(features: int, heads: str) -> int:
    """The number of heads that was chosen; InputError where the features do not divide among them."""
    if features % int(heads):
        finding = f"{counted(features, 'feature')} cannot be divided among {heads} heads"
        raise InputError(finding, "choose fewer heads, or give other columns")
    return int(heads)
