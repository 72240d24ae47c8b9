"""What is looked at after each function of torch: a table of functions, and of looks that are called with its output and arguments.

Looks at layers that form their weights themselves are in `eager.py`.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from torch import Tensor
from torch.nn import functional as F

from attnviz.taps import eager
from attnviz.taps import functions as of
from attnviz.taps.gates import from_gate, layer_of
from attnviz.taps.hidden import FUSED_LAYERS, refuse_kernel
from attnviz.taps.products import constant
from attnviz.taps.sdpa import from_kernel

if TYPE_CHECKING:
    from attnviz.taps.calls import calls

Look = Callable[..., None]
Table = list[tuple[Iterable[Any], Look]]
Looks = dict[Any, tuple[Look, ...] | None]  # None: nothing that is followed can be in what such a function gives


def _kernel(mode: "calls", output: Tensor, /, query: Tensor, key: Tensor, *args: Any, **kwargs: Any) -> None:
    found = mode.place()
    if found is not None:
        mode.emit(found.layer, partial(from_kernel, found, mode.masks, mode.traces, output, query, key, *args, **kwargs))
    mode.traces.attended(output, query)


def _carry(mode: "calls", output: Any, /, *args: Any, **_: Any) -> None:
    if len(args) > 1 or output is not args[0]:
        mode.traces.carried(output, args)


def _copy(mode: "calls", output: Any, /, source: Any = None, *_: Any, **__: Any) -> None:
    mode.traces.copied(output, source)


def _through(mode: "calls", output: Any, /, *args: Any, **_: Any) -> None:
    mode.traces.through(output, args)


def _norm(mode: "calls", output: Any, /, source: Any = None, *_: Any, **__: Any) -> None:
    mode.traces.normed(output, source)


def _recur(mode: "calls", output: Any, /, source: Any = None, *_: Any, **__: Any) -> None:
    mode.traces.recurred(output, source)


def _concatenate(mode: "calls", output: Any, /, parts: Any = (), *_: Any, tensors: Any = (), **__: Any) -> None:
    mode.traces.concatenated(output, tuple(parts) or tuple(tensors))


def _set(mode: "calls", _: Any, /, target: Any, index: Any, source: Any) -> None:  # noqa: ARG001  (what stands where is not followed)
    mode.traces.carried(target, (target, source))


def _index(mode: "calls", output: Any, /, source: Any, index: Any = None, *_: Any, **__: Any) -> None:
    """A plain index gives a view, of which its memory says enough; a list of positions gives a copy."""
    if isinstance(index, list | Tensor) or (isinstance(index, tuple) and any(isinstance(i, list | Tensor) for i in index)):
        mode.traces.carried(output, (source,))


def _sigmoid(mode: "calls", output: Tensor, /, *inputs: Any, **_: Any) -> None:
    if inputs and constant(inputs[0]):  # a share that was learned, and does not depend on the input
        return
    if output.ndim in (2, 3, 4, 5) and (found := mode.place()) is not None:
        source = inputs[0] if inputs else None
        mode.gates.made(output, found, None if source is None else mode.traces.of(source), source)
        mode.follow()


def _clipped(mode: "calls", output: Tensor, /, *inputs: Any, **_: Any) -> None:
    """Half of a hard sigmoid: relu6(x + 3) / 6."""
    if inputs and output.ndim in (2, 3, 4, 5) and inputs[1:3] in ((), (False,), (True,), (0, 6)):
        mode.gates.clipped(output, mode.traces.of(inputs[0]))
        mode.follow()


def _scaled(mode: "calls", output: Tensor, /, left: Any, right: Any = None, **_: Any) -> None:
    trace = mode.gates.is_clipped(left)
    sixth = isinstance(right, int | float) and abs(right - 6) * abs(6 * right - 1) < 1e-6
    if trace is not None and sixth and (found := mode.place()) is not None:
        mode.gates.made(output, found, trace, left)


def _reshape(mode: "calls", output: Any, /, source: Tensor, *_: Any, **__: Any) -> None:
    if mode.gates:
        mode.gates.reshaped(output, source)


def _turn(mode: "calls", output: Any, /, source: Tensor, *args: Any, func: Any, **kwargs: Any) -> None:
    mode.gates.turned.turned(func, output, source, args, kwargs, mode.traces)


def _mean(mode: "calls", output: Any, /, source: Any, *args: Any, **kwargs: Any) -> None:
    mode.gates.pooled.mean(output, source, args, kwargs)


def _global(mode: "calls", output: Any, /, source: Any, *_: Any, **__: Any) -> None:
    mode.gates.pooled.pool(output, source)


def _expand(mode: "calls", output: Tensor, /, source: Tensor, *_: Any, **__: Any) -> None:
    if mode.gates:
        mode.gates.expanded(output, source)


def _multiply(mode: "calls", _: Tensor, /, left: Any, right: Any = None, **kwargs: Any) -> None:
    taken = mode.gates.taken(left, kwargs.get("other", right)) if mode.gates else None
    if taken is not None and (found := mode.place()) is not None:
        gate, kind, maker = taken
        layer = layer_of(maker, found, mode.names)
        mode.emit(layer, partial(from_gate, replace(found, layer=layer), gate, kind))


def _hidden(mode: "calls", _: Any, /, *__: Any, name: str, **___: Any) -> None:
    if (found := mode.place()) is not None:
        mode.emit(found.layer, partial(refuse_kernel, found.layer, name))


def refused(kernels: Iterable[Any]) -> Table:
    """Looks at kernels that show nothing."""
    return [([kernel], partial(_hidden, name=str(kernel))) for kernel in kernels]


THROUGH = (_through,)  # after any function that is not in the table
ALWAYS: Table = [
    ([F.scaled_dot_product_attention], _kernel),
    *refused(FUSED_LAYERS), (of.CARRIES, _carry), (of.COPIES, _copy), (of.NORMS | of.POOLS, _norm),
    (of.RECURRENT, _recur), (of.CONCATENATIONS, _concatenate),
    (of.variants("__getitem__"), _index),
    (of.variants("__setitem__"), _set), *eager.LOOKS, (of.SIGMOID, _sigmoid), (of.CLIPPED, _clipped),
]  # fmt: skip
ON_THE_WAY: Table = [(of.RESHAPES, _reshape), (of.EXPANDS, _expand), (of.MULTIPLY, _multiply), (of.SCALES, _scaled)]
TURNING: Table = [*(([func], partial(_turn, func=func)) for func in of.TURNS), (of.MEANS, _mean), (of.GLOBAL, _global)]


def looks_of(table: Table) -> dict[Any, tuple[Look, ...]]:
    """What to do after each function of a table."""
    found: dict[Any, tuple[Look, ...]] = {}
    for functions, look in table:
        for func in functions:
            found[func] = (*found.get(func, ()), look)
    return found


# A view is of memory of which as much is known as before.
QUIET: Looks = {**dict.fromkeys(of.ASKS), **dict.fromkeys(of.VIEWS, ())}
# by whether a model has channels that may be turned, and whether weights or gates are on their way
LOOKS: dict[tuple[bool, bool], Looks] = {
    (turning, following): {**QUIET, **looks_of(ALWAYS + ON_THE_WAY * following + TURNING * turning)}
    for turning in (False, True)
    for following in (False, True)
}
