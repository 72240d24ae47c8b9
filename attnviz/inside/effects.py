"""What heads do to a decision: to first order, from one pass, and exactly, each switched off and the model asked again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from attnviz.inside.modes import Dialled
from attnviz.inside.switched import Head, switched_off

CANDIDATES = 12
BATCH = 64
WORK = 3_000_000_000  # of weights times tokens in one pass: above, a visitor would wait for the first map

Reads = Callable[[Tensor], float]  # outputs (1, ...) -> what is given to the decision, a probability for example
Slopes = Mapping[Head, float]
"""Head -> by how much the log-odds of the decision would fall without it, to first order, the largest first: the gradient by what
the head gives, times what it gives (Michel et al., 2019, arXiv:1905.10650, without their bars)."""


@dataclass(frozen=True)
class Effects:
    """Head -> by how much the decision falls when it alone is switched off, the largest first; of `heads` heads in all.

    Known of the heads with the steepest slopes, up or down, or of all.
    """

    moved: Mapping[Head, float]
    heads: int


def effects(net: nn.Module, tensors: Mapping[str, Tensor], read: Reads, slopes: Slopes) -> Effects:
    """Of one input of a net whose layers attend in the fused kernel, and have these slopes."""
    heads = sorted(slopes, key=lambda head: -abs(slopes[head]))[:CANDIDATES]
    moved = switched(net, tensors, read, heads, 1 + max(layer for layer, _ in slopes))
    return Effects(dict(sorted(moved.items(), key=lambda item: -item[1])), len(slopes))


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


def worth_it(net: nn.Module, tensors: Mapping[str, Tensor]) -> bool:
    """Whether a visitor would not wait long for the slopes of this input.

    No for a recurrent net: it has no heads, and a pass for gradients takes another kernel in it, whose last digits differ.
    """
    recurs = any(isinstance(module, nn.RNNBase) for module in net.modules())
    return not recurs and max(tensor.shape[-1] for tensor in tensors.values()) * _weights(net) <= WORK


@contextmanager
def dialled() -> Iterator[Sequence[Tensor]]:
    """The call made inside the block gives what it gives, and `slopes` can be had from its outputs and what this yields."""
    with torch.enable_grad(), Dialled() as pass_:
        yield pass_.dials


def slopes(outputs: Tensor, dials: Sequence[Tensor], layers: int, temperature: float = 1.0) -> Slopes | None:
    """(1, label) logits of a call that was `dialled`; None where not each of its `layers` attended in the fused kernel once."""
    if not dials or len(dials) != layers or outputs.ndim != 2 or outputs.shape[1] < 2 or not outputs.requires_grad:
        return None
    with torch.enable_grad():
        logits = outputs[0] / temperature
        label = int(logits.argmax())
        odds = logits[label] - torch.cat((logits[:label], logits[label + 1 :])).logsumexp(0)
    gradients = torch.autograd.grad(odds, dials)
    found = {
        (layer, head): value for layer, gradient in enumerate(gradients) for head, value in enumerate(gradient.flatten().tolist())
    }
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _weights(net: nn.Module) -> int:
    """How many numbers every token is multiplied with: those of a table of embeddings are looked up."""
    tables = {id(module.weight) for module in net.modules() if isinstance(module, nn.Embedding)}
    return sum(parameter.numel() for parameter in net.parameters() if id(parameter) not in tables)


def first(found: Mapping[Head, float]) -> Head:
    """The head that is named first."""
    return next(iter(found))
