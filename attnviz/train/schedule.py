"""Two optimizers whose learning rates rise shortly and fall to nothing together."""

from collections.abc import Callable, Iterable
from typing import Any

from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

WARMUP = 0.1


def slope(progress: float, rise: float = WARMUP) -> float:
    """The learning rate's factor at a share of the training: from 1 % straight up for `rise` of it, then straight down to 0."""
    return min(progress / rise + 0.01, max(0.0, 1 - progress) / (1 - rise))


class Optimizers:
    """Steps and stores several optimizers as one, over a training of `total` steps."""

    def __init__(self, optimizers: Iterable[Optimizer], total: int, slope: Callable[[float], float] = slope) -> None:
        self.optimizers = list(optimizers)
        self._schedules = [LambdaLR(optimizer, lambda step: slope(step / total)) for optimizer in self.optimizers]
        self._parts: list[Optimizer | LambdaLR] = [*self.optimizers, *self._schedules]

    @property
    def taken(self) -> int:
        """How many steps were taken."""
        return self._schedules[0].last_epoch

    def zero_grad(self) -> None:
        """Forgets the gradients of all that learns, also of what is no part of the shipped net."""
        for optimizer in self.optimizers:
            optimizer.zero_grad()

    def step(self) -> None:
        """Moves the parameters, then the learning rates."""
        for part in self._parts:
            part.step()

    def state_dict(self) -> dict[str, Any]:
        return {str(i): part.state_dict() for i, part in enumerate(self._parts)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        for i, part in enumerate(self._parts):
            part.load_state_dict(state_dict[str(i)])


def learning(net: nn.Module) -> dict[str, nn.Parameter]:
    """The parameters that learn, by name."""
    return {name: parameter for name, parameter in net.named_parameters() if parameter.requires_grad}
