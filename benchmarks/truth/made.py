"""A net that was composed, and in which precision and mode it runs."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import torch
from torch import nn

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
Mode = Callable[[], AbstractContextManager[object]]
MODES: dict[str, Mode] = {
    "no_grad": torch.no_grad, "gradients": nullcontext, "inference_mode": torch.inference_mode,
}  # fmt: skip


Cast = Callable[[object], object]  # to the precision of the case


@dataclass(frozen=True)
class Made:
    """A net and its inputs; `run`: where it is not simply called with them.

    `rounding`: of the output, in epsilons, where torch takes another kernel as soon as somebody looks; else not a bit may change.
    """

    net: nn.Module
    given: Sequence[object]
    named: Mapping[str, object] = field(default_factory=dict)
    run: Callable[[nn.Module, Cast], object] | None = None
    rounding: float = 0.0
    trains: bool = False
