"""The features of a layer, and what was decided by them."""

import torch
from torch import Tensor, nn

from attnviz.taps.replica import replica


def with_gradient(model: nn.Module, layer: str, image: Tensor, label: int | None = None) -> tuple[Tensor, Tensor]:
    """(1, 3, row, column) -> the features that `layer` gives, (1, channel, row, column), and the gradient of a label's logit by
    them, of the most probable one's without `label`."""
    copied, _ = replica(model)
    kept: list[Tensor] = []

    def keep(_module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        kept.append(output.detach().requires_grad_(True))
        return kept[-1]

    copied.get_submodule(layer).register_forward_hook(keep)
    with torch.enable_grad():
        logits = copied(image)[0]
        (gradient,) = torch.autograd.grad(logits.max() if label is None else logits[label], kept[-1])
    return kept[-1].detach(), gradient
