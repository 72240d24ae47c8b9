"""The tap on calls in a trial: keeps marks of what would be recorded, and cuts the graph of gradients at each projection."""

from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from attnviz.taps.base import Record
from attnviz.taps.calls import calls
from attnviz.taps.functions import SOFTMAX
from attnviz.taps.gates import from_gate
from attnviz.taps.parts import Parts
from attnviz.taps.sdpa import from_kernel
from attnviz.taps.softmax import from_softmax
from attnviz.taps.trials import LEAVES, Event, Events, Leaf, made_of, marks, projects


class Watch(calls):
    """`first`: whether this is the trial that nothing was changed for, which also tells what rows are made of."""

    def __init__(self, names: Mapping[int, str], first: bool) -> None:
        super().__init__(Parts({}, {}, frozenset()), lambda _: True, lambda: True, self.keep)
        self.names = dict(names)
        self.events: Events = {}
        self.leaves: deque[Leaf] = deque(maxlen=LEAVES)
        self.first = first

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in SOFTMAX:
            output = func(*args, **(kwargs or {})).clone()  # which may be written over, and is still needed for gradients
            self.look(func, self.looks.get(func) or (), output, args, kwargs or {})
            return output
        axes = projects(func, args)
        if axes is None:
            return super().__torch_function__(func, types, args, kwargs)
        cut = [arg.detach() if isinstance(arg, Tensor) and not arg.is_leaf else arg for arg in args]

        def project(*_: Any, **options: Any) -> Any:
            with torch.no_grad():
                output = func(*cut, **options)
            if not isinstance(output, Tensor) or not output.is_floating_point():
                return output
            leaf = output.detach().requires_grad_()
            self.leaves.append(Leaf(leaf, axes))
            return leaf.clone()  # which may be written over

        output = project(**(kwargs or {}))
        self.look(func, self.looks.get(func) or (), output, args, kwargs or {})
        return output

    def keep(self, layer: str, make: Callable[[], Record]) -> None:
        if isinstance(make, partial) and make.func in ROWS:
            rows, shape = ROWS[make.func](*make.args)
            found = made_of(rows[0], list(self.leaves)) if self.first and make.func is not from_gate else None
            event = Event(shape, sum(marks(part) for part in rows), *(found or ()))  # type: ignore[arg-type]
            self.events.setdefault(layer, []).append(event)


def _of_kernel(
    _: Any, __: Any, ___: Any, ____: Any, query: Tensor, key: Tensor, *_____: Any
) -> tuple[list[Tensor], tuple[int, ...]]:
    """Rows of the query, and those of the key that they look at."""
    lead = query.shape[:-2]
    heads, key_heads = (lead[-1], key.shape[-3]) if len(lead) > 1 else (1, 1)
    beside = key.repeat_interleave(heads // key_heads, -3) if heads != key_heads else key
    rows = [query.flatten(0, -3), beside.broadcast_to(*lead, *key.shape[-2:]).flatten(0, -3)] if lead else [query[None], key[None]]
    return rows, tuple(query.shape[:-1])


def _of_softmax(_: Any, taken: Any, *__: Any) -> tuple[list[Tensor], tuple[int, ...]]:
    weights = taken.weights
    rows = weights.flatten(0, -3) if weights.ndim > 2 else weights[None]
    return [rows], tuple(weights.shape[:-1])


def _of_gate(_: Any, gate: Tensor, *__: Any) -> tuple[list[Tensor], tuple[int, ...]]:
    return [gate], (len(gate), 1)


ROWS: dict[Any, Callable[..., tuple[list[Tensor], tuple[int, ...]]]] = {
    from_kernel: _of_kernel, from_softmax: _of_softmax, from_gate: _of_gate,
}  # fmt: skip
