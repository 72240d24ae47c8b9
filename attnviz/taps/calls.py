"""The tap on torch's functions: what an attention layer cannot avoid to call, whatever it is called itself.

A `TorchFunctionMode` belongs to one thread, so nothing is set on the model and other threads are never seen.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from types import FunctionType
from typing import Any

from torch import Tensor
from torch.compiler import is_compiling
from torch.nn import functional as F
from torch.nn.modules.conv import _ConvNd
from torch.overrides import TorchFunctionMode

from attnviz.probe import Probe
from attnviz.taps import eager
from attnviz.taps.base import Emit, Modules, Wanted
from attnviz.taps.gates import CLIPPED, EXPANDS, MULTIPLY, RESHAPES, SCALES, SIGMOID, Gates, from_gate, layer_of
from attnviz.taps.hidden import FUSED_LAYERS, flex_kernels, refuse_kernel, refuse_unfollowed, refused_compiled
from attnviz.taps.identity import Identity
from attnviz.taps.masks import Masks
from attnviz.taps.place import Place, place
from attnviz.taps.pooled import GLOBAL, MEANS
from attnviz.taps.products import constant
from attnviz.taps.sdpa import from_kernel
from attnviz.taps.softmaxes import Softmaxes
from attnviz.taps.traces import CARRIES, CONCATENATIONS, COPIES, NORMS, POOLS, RECURRENT, Traces, variants
from attnviz.taps.turned import TURNS

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
        # asked after each function of torch: plain dictionaries, which say at once that they are empty
        self.on_the_way, self.turned, self.pooled = self.softmaxes.alive, self.gates.turned.alive, self.gates.pooled.alive
        self.identity = Identity(self.names, self.traces)
        self.following = False
        self.turning = any(isinstance(module, _ConvNd) for module in modules.values())  # else nothing has channels to turn
        self.looks = {**(QUIET_TURNING if self.turning else QUIET), **_looks(*_refused(flex_kernels()))}
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
        if looks is None and isinstance(output, Tensor | tuple):
            looks = THROUGH
        if looks is not None or self.on_the_way or self.turned or self.pooled:
            try:
                self.look(func, looks or (), output, args, kwargs)
            except Exception as error:
                self.stumbled(error)  # whatever a look stumbles over, the model that is watched goes on
        return output

    def look(self, func: Any, looks: tuple[Callable[..., None], ...], output: Any, args: Any, kwargs: Any) -> None:
        for look in looks:
            look(self, output, *args, **kwargs)
        if self.gates.pooled:
            self.gates.pooled.follow(output, args)
        if func in eager.OWN:
            return
        if self.softmaxes:
            self.softmaxes.follow(func, output, args, kwargs)
        if self.gates.turned:
            self.gates.turned.follow(output, args)

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)  # type: ignore[no-untyped-call]
        self.identity.let_go()

    def stumbled(self, error: Exception) -> None:
        found = self.place()
        if found is not None:
            self.emit(found.layer, partial(refuse_unfollowed, found.layer, error))

    def follow(self) -> None:
        """From now on there are weights or gates on their way, and what changes their shape is of interest too."""
        if not self.following:
            self.following = True
            self.looks.update(LOOKS_TURNING if self.turning else LOOKS)

    def place(self) -> Place | None:
        """Where this call is made, if a record of it is wanted; a layer with a probe speaks for itself."""
        found = place(self.names, self.identity) if self.ours() else None
        if found is None or id(found.module) in self.own or not self.wanted(found.layer):
            return None
        return found


def _kernel(mode: calls, output: Tensor, /, query: Tensor, key: Tensor, *args: Any, **kwargs: Any) -> None:
    found = mode.place()
    if found is not None:
        mode.emit(found.layer, partial(from_kernel, found, mode.masks, mode.traces, output, query, key, *args, **kwargs))
    mode.traces.attended(output, query)


def _carry(mode: calls, output: Any, /, *args: Any, **_: Any) -> None:
    mode.traces.carried(output, args)


def _copy(mode: calls, output: Any, /, source: Any = None, *_: Any, **__: Any) -> None:
    mode.traces.copied(output, source)


def _through(mode: calls, output: Any, /, *args: Any, **_: Any) -> None:
    mode.traces.through(output, args)


def _norm(mode: calls, output: Any, /, source: Any = None, *_: Any, **__: Any) -> None:
    mode.traces.normed(output, source)


def _recur(mode: calls, output: Any, /, source: Any = None, *_: Any, **__: Any) -> None:
    mode.traces.recurred(output, source)


def _concatenate(mode: calls, output: Any, /, parts: Any = (), *_: Any, tensors: Any = (), **__: Any) -> None:
    mode.traces.concatenated(output, tuple(parts) or tuple(tensors))


def _set(mode: calls, _: Any, /, target: Any, index: Any, source: Any) -> None:  # noqa: ARG001  (what stands where is not followed)
    mode.traces.carried(target, (target, source))


def _index(mode: calls, output: Any, /, source: Any, index: Any = None, *_: Any, **__: Any) -> None:
    """A plain index gives a view, of which its memory says enough; a list of positions gives a copy."""
    if isinstance(index, list | Tensor) or (isinstance(index, tuple) and any(isinstance(i, list | Tensor) for i in index)):
        mode.traces.carried(output, (source,))


def _sigmoid(mode: calls, output: Tensor, /, *inputs: Any, **_: Any) -> None:
    if inputs and constant(inputs[0]):  # a share that was learned, and does not depend on the input
        return
    if output.ndim in (2, 3, 4, 5) and (found := mode.place()) is not None:
        source = inputs[0] if inputs else None
        mode.gates.made(output, found, None if source is None else mode.traces.of(source), source)
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
        mode.gates.made(output, found, trace, left)


def _reshape(mode: calls, output: Any, /, source: Tensor, *_: Any, **__: Any) -> None:
    if mode.gates:
        mode.gates.reshaped(output, source)


def _turn(mode: calls, output: Any, /, source: Tensor, *args: Any, func: Any, **kwargs: Any) -> None:
    mode.gates.turned.turned(func, output, source, args, kwargs, mode.traces)


def _mean(mode: calls, output: Any, /, source: Any, *args: Any, **kwargs: Any) -> None:
    mode.gates.pooled.mean(output, source, args, kwargs)


def _global(mode: calls, output: Any, /, source: Any, *_: Any, **__: Any) -> None:
    mode.gates.pooled.pool(output, source)


def _expand(mode: calls, output: Tensor, /, source: Tensor, *_: Any, **__: Any) -> None:
    if mode.gates:
        mode.gates.expanded(output, source)


def _multiply(mode: calls, _: Tensor, /, left: Any, right: Any = None, **kwargs: Any) -> None:
    taken = mode.gates.taken(left, kwargs.get("other", right)) if mode.gates else None
    if taken is not None and (found := mode.place()) is not None:
        gate, kind, maker = taken
        layer = layer_of(maker, found, mode.names)
        mode.emit(layer, partial(from_gate, replace(found, layer=layer), gate, kind))


def _hidden(mode: calls, _: Any, /, *__: Any, name: str, **___: Any) -> None:
    if (found := mode.place()) is not None:
        mode.emit(found.layer, partial(refuse_kernel, found.layer, name))


def _refused(kernels: Iterable[Any]) -> list[tuple[Iterable[Any], Callable[..., None]]]:
    return [([kernel], partial(_hidden, name=str(kernel))) for kernel in kernels]


THROUGH = (_through,)  # of any function that no look is for
ALWAYS: list[tuple[Iterable[Any], Callable[..., None]]] = [
    ([F.scaled_dot_product_attention], _kernel),
    *_refused(FUSED_LAYERS), (CARRIES, _carry), (COPIES, _copy), (NORMS | POOLS, _norm),
    (RECURRENT, _recur), (CONCATENATIONS, _concatenate),
    (variants("__getitem__"), _index),
    (variants("__setitem__"), _set), *eager.LOOKS, (SIGMOID, _sigmoid), (CLIPPED, _clipped),
]  # fmt: skip
ON_THE_WAY: list[tuple[Iterable[Any], Callable[..., None]]] = [
    (RESHAPES, _reshape), (EXPANDS, _expand), (MULTIPLY, _multiply), (SCALES, _scaled),
]  # fmt: skip


TURNING: list[tuple[Iterable[Any], Callable[..., None]]] = [
    *(([func], partial(_turn, func=func)) for func in TURNS), (MEANS, _mean), (GLOBAL, _global),
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
QUIET_TURNING, LOOKS_TURNING = _looks(*ALWAYS, *TURNING), _looks(*ALWAYS, *ON_THE_WAY, *TURNING)
