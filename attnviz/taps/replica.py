"""A copy of a model that can be called once more without a trace: on the model, on its caller, or on the state of any generator.

Parameters are shared, since they are many; buffers and whatever else a module holds are copies, and hooks stay behind.
"""

import copy
import random
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import _get_current_function_mode_stack, _pop_mode, _push_mode
from torch.utils._python_dispatch import _disable_current_modes
from torch.utils._pytree import tree_leaves, tree_map

SEED = 0


def replica(module: nn.Module) -> tuple[nn.Module, dict[int, Any]]:
    """The copy, in the mode of evaluation, and what each part became, by its `id`; raises what copying raises."""
    became: dict[int, Any] = {}
    for part in module.modules():
        for name, value in vars(part).items():
            if "_hooks" in name and isinstance(value, dict):
                became[id(value)] = OrderedDict()
            elif name == "_parameters":
                became.update((id(parameter), parameter) for parameter in value.values() if parameter is not None)
            elif name != "_modules":
                became.update((id(tensor), tensor.detach().clone()) for tensor in tree_leaves(value) if isinstance(tensor, Tensor))
    return copy.deepcopy(module, became).eval(), became


def again(given: Any) -> Any:
    """Copies of the arguments of a call: tensors without their history, anything else as `copy` has it."""
    kept = {id(leaf): leaf.detach().clone() for leaf in tree_leaves(given) if isinstance(leaf, Tensor)}
    return tree_map(lambda leaf: kept[id(leaf)] if isinstance(leaf, Tensor) else copy.deepcopy(leaf, dict(kept)), given)


@contextmanager
def unseen() -> Iterator[None]:
    """No mode of torch that is on watches the block, gradients can be had in it, and generators are as before behind it."""
    if torch._C._functorch.peek_interpreter_stack() is not None:
        raise RuntimeError("inside a transform of torch.func nothing can be called once more")
    modes = [_pop_mode() for _ in _get_current_function_mode_stack()]  # type: ignore[no-untyped-call]
    python, numpy = random.getstate(), np.random.get_state()
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []  # type: ignore[no-untyped-call]
    try:
        with torch.random.fork_rng(devices), _disable_current_modes(), torch.inference_mode(False), torch.enable_grad():
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
        for mode in reversed(modes):
            _push_mode(mode)  # type: ignore[no-untyped-call]


def apart(call: Callable[[], None]) -> None:
    """Calls with the same random numbers each time, and without variables of a context: recordings and visits of probes."""
    random.seed(SEED)
    np.random.seed(SEED)
    torch.manual_seed(SEED)
    Context().run(call)
