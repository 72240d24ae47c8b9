"""Branches of a model that it runs in threads of their own: followed where what they get is at hand in the call that is watched.

Another visitor's call of the same model has tensors of its own, and is never followed. A branch of which nothing tells whose it is
is named at the end, so that it is not missing in silence.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, NoReturn

from torch import Tensor, jit, nn
from torch.compiler import is_compiling
from torch.utils._pytree import tree_leaves

from attnviz.errors import HiddenKernel
from attnviz.taps.base import Emit, Wanted
from attnviz.taps.calls import calls
from attnviz.taps.parts import Parts
from attnviz.taps.place import CALL

LEVELS = 2  # of modules below the model that may be branches
LISTS = (nn.ModuleList, nn.ModuleDict)
Enter = Callable[[], Callable[[], None]]


@contextmanager
def threads(parts: Parts, wanted: Wanted, emit: Emit, enter: Enter) -> Iterator[None]:
    """`enter` makes calls of this thread belong to the recording, and gives back what ends that."""
    branches = Branches(parts, wanted, emit, enter)
    with ExitStack() as hooks:
        for module in _branches(parts.modules[""], LEVELS):
            hooks.callback(module.register_forward_pre_hook(branches.begins).remove)
        yield
    branches.name_the_lost()


class Branches:
    """What other threads do with parts of one model while it is watched."""

    def __init__(self, parts: Parts, wanted: Wanted, emit: Emit, enter: Enter) -> None:
        self._parts, self._names, self._wanted, self._emit, self._enter = parts, parts.names, wanted, emit, enter
        self._home = threading.get_ident()
        self._here = threading.local()
        self._followed: set[str] = set()
        self._lost: dict[str, None] = {}

    def begins(self, module: nn.Module, *_: Any) -> None:
        if (
            is_compiling()
            or threading.get_ident() == self._home
            or getattr(self._here, "branch", None) is not None
            or self._inside_model()
        ):
            return
        frames = self._frames_at_home()
        if not frames:
            return
        if not _memories(_given(sys._getframe(1))) & _memories([list(frame.f_locals.values()) for frame in frames]):
            self._lost[self._names[id(module)]] = None
            return
        self._followed.add(self._names[id(module)])
        tap = calls(self._parts, self._wanted, lambda: True, self._emit)
        self._here.branch, self._here.tap, self._here.leave = module, tap, self._enter()
        self._here.hook = module.register_forward_hook(self.ends, always_call=True)
        tap.__enter__()  # type: ignore[no-untyped-call]

    def ends(self, module: nn.Module, _: Any, __: Any) -> None:
        if not is_compiling() and getattr(self._here, "branch", None) is module and threading.get_ident() != self._home:
            self._here.tap.__exit__(None, None, None)
            self._here.leave()
            self._here.hook.remove()
            self._here.branch = self._here.tap = self._here.leave = self._here.hook = None

    def name_the_lost(self) -> None:
        for name in self._lost:
            if name not in self._followed and self._wanted(name):
                self._emit(name, partial(_refuse, name))

    def _inside_model(self) -> bool:
        """Whether this thread is inside a larger part of the model: then that one decides."""
        frame, count = sys._getframe(2), 0
        while frame is not None:
            count += frame.f_code is CALL and id(frame.f_locals.get("self")) in self._names
            frame = frame.f_back  # type: ignore[assignment]
        return count > 1

    def _frames_at_home(self) -> list[Any]:
        """Frames of the call that is watched, from the innermost to the model's own; none where no call is going on."""
        frame, found, last = sys._current_frames().get(self._home), [], 0
        while frame is not None:
            found.append(frame)
            if frame.f_code is CALL and id(frame.f_locals.get("self")) in self._names:
                last = len(found)
            frame = frame.f_back
        return found[:last]


def _branches(module: nn.Module, levels: int) -> Iterator[nn.Module]:
    for child in module.children():
        if isinstance(child, LISTS):
            yield from _branches(child, levels)
        elif not (isinstance(child, jit.ScriptModule) or _is_leaf(child)):
            yield child
            if levels > 1:
                yield from _branches(child, levels - 1)


def _is_leaf(module: nn.Module) -> bool:
    """Whether it is one of torch's own that have no parts: none of these attends."""
    return not module._modules and type(module).__module__.startswith("torch.nn.modules.")


def _given(frame: Any) -> Any:
    """What a module is called with. Hooks that are told keywords too cannot be taken off while another thread calls them."""
    while frame.f_code is not CALL:
        frame = frame.f_back
    return frame.f_locals.get("args"), frame.f_locals.get("kwargs")


def _memories(values: Any) -> set[int]:
    """Of all tensors among values, but for parameters."""
    tensors = (leaf for leaf in tree_leaves(values) if isinstance(leaf, Tensor) and not isinstance(leaf, nn.Parameter))
    return {tensor.untyped_storage()._cdata for tensor in tensors}


def _refuse(layer: str) -> NoReturn:
    raise HiddenKernel(
        f"layer {layer}: it ran in another thread, and nothing tells whether that was for this call",
        "record that part of the model in the thread that calls it, or call it with tensors that the model has a name for",
    )
