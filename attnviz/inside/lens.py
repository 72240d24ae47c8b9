"""The decision after each layer: what the net would say were the layers behind it left out (nostalgebraist, 2020, "interpreting
GPT: the logit lens").
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from attnviz.taps.replica import replica

NUMBER = re.compile(r"^(.*?)\.(\d+)(\.|$)")


def stack_of(layers: Iterable[str], net: nn.Module) -> str | None:
    """The name of the list of layers in which all of these attend, one after the other; None where there is no such list."""
    found = [NUMBER.match(layer) for layer in layers]
    names = {match[1] if match else "" for match in found}
    numbers = [int(match[2]) for match in found if match]
    name = next(iter(names), "")
    if len(names) != 1 or len(numbers) < 2 or numbers != list(range(len(numbers))):
        return None
    stack = net.get_submodule(name)
    return name if isinstance(stack, nn.ModuleList) and len(stack) == len(numbers) else None


def after_layers(net: nn.Module, tensors: Mapping[str, Tensor], stack: str) -> list[Tensor]:
    """The outputs of the net with its first layer alone, with its first two, and so on to all of them; on copies of it."""
    found = []
    for count in range(1, len(_list(net, stack)) + 1):
        copied, _ = replica(net)
        parent, _, name = stack.rpartition(".")
        setattr(copied.get_submodule(parent), name, _list(copied, stack)[:count])
        with torch.no_grad():
            found.append(copied(**tensors))
    return found


def _list(net: nn.Module, stack: str) -> Any:
    return net.get_submodule(stack)
