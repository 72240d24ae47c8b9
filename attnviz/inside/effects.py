"""What heads do to a decision: each is switched off, and the model is asked again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from attnviz.inside.modes import Weighed
from attnviz.inside.switched import Head, switched_off

CANDIDATES = 12
BATCH = 64
WORK = 3_000_000_000  # of weights times tokens in one pass: above, a visitor would wait for the first map

Reads = Callable[[Tensor], float]  # outputs (1, ...) -> what is given to the decision, a probability for example


@dataclass(frozen=True)
class Effects:
    """Head -> by how much the decision falls when it alone is switched off, the largest first; of `heads` heads in all.

    Known of the heads by which the gradient of the decision is largest, |sum of weight x gradient| (Michel et al., 2019,
    arXiv:1905.10650), or of all.
    """

    moved: Mapping[Head, float]
    heads: int


def effects(net: nn.Module, tensors: Mapping[str, Tensor], read: Reads, layers: int) -> Effects | None:
    """Of one input of a net whose `layers` attend in the fused kernel; None where they do not, or it would take long."""
    tokens = max(tensor.shape[-1] for tensor in tensors.values())
    if layers == 0 or tokens * _weights(net) > WORK:
        return None
    guess = _by_gradient(net, tensors, layers)
    if guess is None:
        return None
    heads = sorted(guess, key=lambda head: -guess[head])[:CANDIDATES]
    moved = switched(net, tensors, read, heads, layers)
    return Effects(dict(sorted(moved.items(), key=lambda item: -item[1])), len(guess))


def switched(net: nn.Module, tensors: Mapping[str, Tensor], read: Reads, heads: list[Head], layers: int) -> dict[Head, float]:
    """Head -> by how much the decision falls without it."""
    with torch.no_grad():
        whole, said = read(net(**tensors)), list[float]()
        for start in range(0, len(heads), BATCH):
            some = heads[start : start + BATCH]
            repeated = {name: tensor.expand(len(some), *tensor.shape[1:]).contiguous() for name, tensor in tensors.items()}
            with switched_off([{head} for head in some], layers):
                outputs = net(**repeated)
            said += [read(outputs[i : i + 1]) for i in range(len(some))]
    return {head: whole - one for head, one in zip(heads, said, strict=True)}


def _by_gradient(net: nn.Module, tensors: Mapping[str, Tensor], layers: int) -> dict[Head, float] | None:
    """Head -> how far the largest logit moves with its weights, to first order; None where that cannot be had."""
    with torch.enable_grad(), Weighed() as pass_:
        logits = net(**{name: tensor.clone() for name, tensor in tensors.items()})
    if len(pass_.weights) != layers or logits.ndim != 2 or not logits.requires_grad:
        return None
    gradients = torch.autograd.grad(logits.max(), pass_.weights)
    found: dict[Head, float] = {}
    for layer, (weights, gradient) in enumerate(zip(pass_.weights, gradients, strict=True)):
        sums: NDArray[np.float32] = (weights.detach() * gradient)[0].sum((-2, -1)).abs().numpy()
        found |= {(layer, head): float(value) for head, value in enumerate(sums)}
    return found


def _weights(net: nn.Module) -> int:
    """How many numbers every token is multiplied with: those of a table of embeddings are looked up."""
    tables = {id(module.weight) for module in net.modules() if isinstance(module, nn.Embedding)}
    return sum(parameter.numel() for parameter in net.parameters() if id(parameter) not in tables)


def first(found: Effects) -> Head:
    """The head that the decision rests on most."""
    return next(islice(found.moved, 1))
