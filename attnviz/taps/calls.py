"""The tap on torch's functions: what an attention layer cannot avoid to call, whatever it is called itself.

A `TorchFunctionMode` belongs to one thread, so nothing is set on the model and other threads are never seen.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from types import FunctionType
from typing import Any

from torch import Tensor, nn
from torch.compiler import is_compiling
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from attnviz.probe import Probe
from attnviz.taps.base import Emit, Modules, Wanted
from attnviz.taps.gates import CLIPPED, EXPANDS, MULTIPLY, RESHAPES, SCALES, SIGMOID, Gates, from_gate, layer_of
from attnviz.taps.hidden import FUSED_LAYERS, flex_kernels, refuse_kernel, refuse_unfollowed, refused_compiled
from attnviz.taps.masks import Masks
from attnviz.taps.place import Place, place
from attnviz.taps.sdpa import from_kernel
from attnviz.taps.softmax import from_softmax
from attnviz.taps.softmaxes import CHANGES, PASSES, SOFTMAX, Softmaxes
from attnviz.taps.traces import (
    CARRIES,
    CONCATENATIONS,
    CONVOLUTIONS,
    NORMS,
    PROJECTIONS,
    SUMS_WITH_PROJECTIONS,
    Traces,
    tensors,
    variants,
)

# A mode is off while it answers a call, so it would not see the kernel that this Python function of torch calls inside.
# The same code without the question whether a mode is on can run with the mode on.
_multi_head = FunctionType(
    F.multi_head_attention_forward.__code__,
    {**vars(F), "has_torch_function": lambda _: False},
    argdefs=F.multi_head_attention_forward.__defaults__,
)


Looks = dict[Any, tuple[Callable[..., None], ...]]


class calls(TorchFunctionMode):  # noqa: N801  (reads as the tap's name in TAPS)
    """Emits a record for each attention that is computed inside one of `modules`."""

    def __init__(self, modules: Modules, wanted: Wanted, ours: Callable[[], bool], emit: Emit) -> None:
        super().__init__()
        self.names = {id(module): name or type(module).__name__ for name, module in modules.items()}
        probed = (name.rpartition(".")[0] for name, module in modules.items() if isinstance(module, Probe))
        self.own = {id(modules[name]) for name in probed}
        self.wanted, self.ours, self.emit = wanted, ours, emit
        self.traces, self.masks, self.softmaxes = Traces(), Masks(), Softmaxes()
        self.gates = Gates()
        self.following = False
        self.looks = {**QUIET, **_looks(*_refused(flex_kernels()))}
        refused_compiled(modules, wanted, emit)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if is_compiling():  # a compiler that is following this very code: it must not come to depend on it
            return func(*args, **kwargs)
        if func is F.multi_head_attention_forward:
            with self:
                return _multi_head(*args, **kwargs)
        output = func(*args, **kwargs)
        looks = self.looks.get(func)
        if looks is not None:
            try:
                for look in looks:
                    look(self, output, *args, **kwargs)
            except Exception as error:
                self.stumbled(error)
        return output

    def stumbled(self, error: Exception) -> None:
        found = self.place()
        if found is not None:
            self.emit(found.layer, partial(refuse_unfollowed, found.layer, error))

    def follow(self) -> None:
        """From now on there are weights or gates on their way, and what changes their shape is of interest too."""
        if not self.following:
            self.following = True
            self.looks.update(LOOKS)

    def place(self) -> Place | None:
        """Where this call is made, if a record of it is wanted; a layer with a probe speaks for itself."""
        found = place(self.names) if self.ours() else None
        if found is None or id(found.module) in self.own or not self.wanted(found.layer):
            return None
        return found


def _kernel(mode: calls, output: Tensor, /, query: Tensor, key: Tensor, *args: Any, **kwargs: Any) -> None:
    found = mode.place()
    if found is not None:
        mode.emit(found.layer, partial(from_kernel, found, mode.masks, mode.traces, output, query, key, *args, **kwargs))
    mode.traces.attended(output, query)


def _projection(mode: calls, output: Any, /, source: Any = None, *_: Any, **__: Any) -> None:
    if source is not None:
        mode.traces.projected(output, source)


def _convolution(mode: calls, output: Any, /, source: Any = None, *_: Any, **__: Any) -> None:
    if source is not None:
        mode.traces.projected(output, source, last=False)


def _projection_of_second(mode: calls, output: Any, /, _: Any = None, source: Any = None, *__: Any, **___: Any) -> None:
    _projection(mode, output, source)


def _carry(mode: calls, output: Any, /, *args: Any, **_: Any) -> None:
    mode.traces.carried(output, args)


def _norm(mode: calls, output: Any, /, source: Any = None, *_: Any, **__: Any) -> None:
    mode.traces.normed(output, source)


def _concatenate(mode: calls, output: Any, /, parts: Any = (), *_: Any, tensors: Any = (), **__: Any) -> None:
    mode.traces.concatenated(output, tuple(parts) or tuple(tensors))


def _set(mode: calls, _: Any, /, target: Any, index: Any, source: Any) -> None:  # noqa: ARG001  (what stands where is not followed)
    mode.traces.carried(target, (target, source))


def _index(mode: calls, output: Any, /, source: Any, index: Any = None, *_: Any, **__: Any) -> None:
    """A plain index gives a view, of which its memory says enough; a list of positions gives a copy."""
    if isinstance(index, list | Tensor) or (isinstance(index, tuple) and any(isinstance(i, list | Tensor) for i in index)):
        mode.traces.carried(output, (source,))


def _pass(mode: calls, output: Any, /, source: Tensor, *_: Any, **__: Any) -> None:
    mode.softmaxes.passed(output, source)


def _matmul(
    mode: calls, output: Tensor, /, left: Tensor, right: Tensor | None = None, other: Tensor | None = None,
    mat2: Tensor | None = None, **_: Any,
) -> None:  # fmt: skip
    second = next((tensor for tensor in (right, other, mat2) if tensor is not None), None)
    if second is None or min(left.ndim, second.ndim) < 2:
        return
    known = left in mode.softmaxes or (mode.traces.of(left) is not None and mode.traces.of(second) is not None)
    if min(left.ndim, second.ndim) > 2 or (left.ndim == second.ndim and known):
        _product(mode, output, left, second, left.shape[-1] == second.shape[-2])
    elif second.ndim == 2:
        mode.traces.projected(output, left)


def _baddbmm(mode: calls, output: Tensor, /, _: Tensor, batch1: Tensor, batch2: Tensor, **__: Any) -> None:
    _product(mode, output, batch1, batch2, True)


def _einsum(mode: calls, output: Tensor, /, equation: str, *operands: Any) -> None:
    """Weights may stand first or second; their last axis must be summed over, and be one of the values."""
    pair = list(tensors(operands))
    if len(pair) != 2 or min(tensor.ndim for tensor in pair) < 3:
        return
    inputs, _, out = equation.replace(" ", "").partition("->")
    names = inputs.split(",")
    if not set(names[0]) & set(names[1]) & set(out):  # nothing goes side by side: one of them is a matrix of weights
        source = next((tensor for tensor in pair if not isinstance(tensor, nn.Parameter)), pair[0])
        return mode.traces.projected(output, source)
    for first, second in ((0, 1), (1, 0)):
        if pair[first] in mode.softmaxes:
            key = names[first][-1]
            fits = key in names[second] and key not in out
            if not fits and sorted(output.shape) != sorted(pair[first].shape):
                return _lost(mode, pair[first])
            return _product(mode, output, pair[first], pair[second], fits)
    return _product(mode, output, pair[0], pair[1], True)


def _lost(mode: calls, weights: Tensor) -> None:
    """Weights that meet values along another axis than their last, or one by one: refused."""
    taken = mode.softmaxes.taken(weights)
    if taken is not None and (found := mode.place()) is not None:
        mode.emit(found.layer, partial(from_softmax, found, replace(taken, moved=True)))


def _product(mode: calls, output: Tensor, left: Tensor, right: Tensor, fits: bool) -> None:
    """Of weights and values, where the weights come from a softmax; else perhaps of query and key."""
    taken = mode.softmaxes.taken(left) if fits else None
    if taken is None and fits and right in mode.softmaxes:  # values first: both transposed
        taken = mode.softmaxes.taken(right)
        taken = taken and replace(taken, weights=taken.weights.mT, changed=True)
    if taken is None:
        return mode.traces.multiplied(output, left, right)
    mode.traces.attended(output, taken.weights)
    if (found := mode.place()) is not None:
        trace = mode.traces.of(taken.weights)
        kind = mode.traces.of_layer(found.layer, taken.kind, trace, trace.of_keys if trace else frozenset())
        mode.emit(found.layer, partial(from_softmax, found, replace(taken, kind=kind)))


def _softmax(mode: calls, output: Tensor, /, scores: Tensor, *args: Any, **kwargs: Any) -> None:
    axis = kwargs.get("dim", args[0] if args else None)
    trace = mode.traces.of(scores)
    if output.ndim > 1 and axis in (-1, -2, output.ndim - 1, output.ndim - 2) and trace is not None and trace.kind is not None:
        mode.softmaxes.made(output, trace.kind, over_queries=axis in (-2, output.ndim - 2))
        mode.traces.attended(output, scores)
        mode.follow()


def _sigmoid(mode: calls, output: Tensor, /, *inputs: Any, **_: Any) -> None:
    if output.ndim in (2, 3, 4, 5) and (found := mode.place()) is not None:
        mode.gates.made(output, found, mode.traces.of(inputs[0]) if inputs else None)
        mode.follow()


def _clipped(mode: calls, output: Tensor, /, *inputs: Any, **_: Any) -> None:
    """Half of a hard sigmoid: relu6(x + 3) / 6."""
    if inputs and output.ndim in (2, 3, 4, 5) and inputs[1:3] in ((), (False,), (True,), (0, 6)):
        mode.gates.clipped(output, mode.traces.of(inputs[0]))
        mode.follow()


def _scaled(mode: calls, output: Tensor, /, left: Any, right: Any = None, **_: Any) -> None:
    trace = mode.gates.is_clipped(left)
    sixth = isinstance(right, int | float) and abs(right - 6) * abs(6 * right - 1) < 1e-6
    if trace is not None and sixth and (found := mode.place()) is not None:
        mode.gates.made(output, found, trace)


def _reshape(mode: calls, output: Any, /, source: Tensor, *_: Any, **__: Any) -> None:
    if mode.gates:
        mode.gates.reshaped(output, source)


def _change(mode: calls, output: Any, /, *args: Any, func: Any, **kwargs: Any) -> None:
    spread = mode.softmaxes.changed(func, output, (*args, *kwargs.values()))
    if spread is not None:
        _lost(mode, spread)


def _expand(mode: calls, output: Tensor, /, source: Tensor, *_: Any, **__: Any) -> None:
    if mode.gates:
        mode.gates.expanded(output, source)


def _multiply(mode: calls, _: Tensor, /, left: Any, right: Any = None, **kwargs: Any) -> None:
    taken = mode.gates.taken(left, kwargs.get("other", right)) if mode.gates else None
    if taken is not None and (found := mode.place()) is not None:
        gate, kind, maker = taken
        layer = layer_of(maker, found, mode.names)
        mode.emit(layer, partial(from_gate, layer, gate, kind))


def _hidden(mode: calls, _: Any, /, *__: Any, name: str, **___: Any) -> None:
    if (found := mode.place()) is not None:
        mode.emit(found.layer, partial(refuse_kernel, found.layer, name))


def _refused(kernels: Iterable[Any]) -> list[tuple[Iterable[Any], Callable[..., None]]]:
    return [([kernel], partial(_hidden, name=str(kernel))) for kernel in kernels]


ALWAYS: list[tuple[Iterable[Any], Callable[..., None]]] = [
    ([F.scaled_dot_product_attention], _kernel),
    *_refused(FUSED_LAYERS), (PROJECTIONS, _projection), (CONVOLUTIONS, _convolution),
    (SUMS_WITH_PROJECTIONS, _projection_of_second), (CARRIES, _carry), (NORMS, _norm),
    (CONCATENATIONS, _concatenate), (variants("__getitem__"), _index), (variants("__setitem__"), _set),
    (SOFTMAX, _softmax), (SIGMOID, _sigmoid), (CLIPPED, _clipped),
    (variants("matmul", "bmm", "mm"), _matmul), (variants("baddbmm"), _baddbmm), (variants("einsum"), _einsum),
]  # fmt: skip
ON_THE_WAY: list[tuple[Iterable[Any], Callable[..., None]]] = [
    (PASSES, _pass), (RESHAPES, _reshape), (EXPANDS, _expand), (MULTIPLY, _multiply), (SCALES, _scaled),
    *(([func], partial(_change, func=func)) for func in CHANGES),
]  # fmt: skip


def _looks(*table: tuple[Iterable[Any], Callable[..., None]]) -> Looks:
    """What to do after each function that matters."""
    found: Looks = {}
    for functions, look in table:
        for func in functions:
            found[func] = (*found.get(func, ()), look)
    return found


QUIET = _looks(*ALWAYS)
LOOKS = _looks(*ALWAYS, *ON_THE_WAY)
