"""The tap on torch's functions: what an attention layer cannot avoid to call, whatever it is called itself.

A `TorchFunctionMode` belongs to one thread, so nothing is set on the model and other threads are never seen.
"""

from collections.abc import Callable
from functools import partial
from types import FunctionType
from typing import Any

from torch.compiler import is_compiling
from torch.nn import functional as F
from torch.nn.modules.conv import _ConvNd
from torch.overrides import TorchFunctionMode

from attnviz.probe import Probe
from attnviz.taps import eager
from attnviz.taps.base import Emit, Wanted
from attnviz.taps.gates import Gates
from attnviz.taps.hidden import flex_kernels, refuse_unfollowed, refused_compiled
from attnviz.taps.identity import Identity
from attnviz.taps.looks import LOOKS, THROUGH, Look, Looks, looks_of, refused
from attnviz.taps.masks import Masks
from attnviz.taps.parts import Parts
from attnviz.taps.place import Place, place
from attnviz.taps.softmaxes import Softmaxes
from attnviz.taps.traces import Traces

# A mode is off while it answers a call, so it would not see the kernel that this Python function of torch calls inside.
# The same code without the question whether a mode is on can run with the mode on.
MULTI_HEAD = F.multi_head_attention_forward
_multi_head = FunctionType(
    MULTI_HEAD.__code__, {**vars(F), "has_torch_function": lambda _: False}, argdefs=MULTI_HEAD.__defaults__
)  # fmt: skip


class calls(TorchFunctionMode):  # noqa: N801  (reads as the tap's name in TAPS)
    """Emits a record for each attention that is computed inside one of the modules."""

    def __init__(self, parts: Parts, wanted: Wanted, ours: Callable[[], bool], emit: Emit) -> None:
        super().__init__()
        self.names, self.model = parts.names, id(parts.modules.get(""))
        probed = parts.of_class(Probe) and [name for name, module in parts.modules.items() if isinstance(module, Probe)]
        self.own = {id(parts.modules[name.rpartition(".")[0]]) for name in probed or ()}
        self.wanted, self.ours, self.emit = wanted, ours, emit
        self.traces, self.masks, self.softmaxes = Traces(), Masks(), Softmaxes()
        self.gates = Gates()
        # asked after each function of torch: plain dictionaries, which say at once that they are empty
        self.on_the_way, self.turned, self.pooled = self.softmaxes.alive, self.gates.turned.alive, self.gates.pooled.alive
        self.identity = Identity(self.names)
        self.turning = parts.of_class(_ConvNd)  # else nothing has channels to turn
        self.following = False
        self.kernels = looks_of(refused(flex_kernels()))
        self.looks = self._table()
        refused_compiled(parts, wanted, emit)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if is_compiling():  # a compiler that is following this very code: it must not come to depend on it
            return func(*args, **kwargs)
        if func is MULTI_HEAD:
            with self:
                return _multi_head(*args, **kwargs)
        output = func(*args, **kwargs)
        looks = self.looks.get(func, THROUGH)
        if looks is not None:
            try:
                self.look(func, looks, output, args, kwargs)
            except Exception as error:
                self.stumbled(error)  # whatever a look stumbles over, the model that is watched goes on
        return output

    def look(self, func: Any, looks: tuple[Look, ...], output: Any, args: Any, kwargs: Any) -> None:
        for look in looks:
            look(self, output, *args, **kwargs)
        if self.pooled:
            self.gates.pooled.follow(output, args)
        if func in eager.OWN:
            return
        if self.on_the_way:
            self.softmaxes.follow(func, output, args, kwargs)
        if self.turned:
            self.gates.turned.follow(output, args)

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)  # type: ignore[no-untyped-call]
        self.identity.let_go()
        self.traces.let_go()

    def stumbled(self, error: Exception) -> None:
        found = self.place()
        if found is not None:
            self.emit(found.layer, partial(refuse_unfollowed, found.layer, error))

    def follow(self) -> None:
        """From now on there are weights or gates on their way, and what changes their shape is of interest too."""
        if not self.following:
            self.following = True
            self.looks = self._table()

    def place(self) -> Place | None:
        """Where this call is made, if a record of it is wanted; a layer with a probe speaks for itself."""
        found = place(self.names, self.model, self.identity) if self.ours() else None
        if found is None or id(found.module) in self.own or not self.wanted(found.layer):
            return None
        return found

    def _table(self) -> Looks:
        looks = LOOKS[self.turning, self.following]
        return {**looks, **self.kernels} if self.kernels else looks
