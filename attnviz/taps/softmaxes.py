"""Numbers on their way from query and key to the values: what pairs they are of, what became of them, and whether they are weights.

Whatever a layer does to scores and weights is followed, by any function of torch but those that end the way: a product with
values, a projection of features, a sum. What meets the values is judged by its numbers (`softmax.py`), not by its spelling.
"""

from contextlib import suppress
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

from attnviz.maps import Kind
from attnviz.taps.followed import Followed, tensors
from attnviz.taps.functions import BESIDE, DROPOUT, ENDS, FRAMES, LARGER, MOVES, MULTIPLY, ORDERLY, SUMS
from attnviz.taps.sources import Trace
from attnviz.taps.stages import Stage, Thread


class Softmaxes(Followed):
    """The threads of one recording."""

    def __init__(self) -> None:
        super().__init__()
        self._weighted: Any = WeakTensorKeyDictionary()

    def get(self, tensor: Any, least: Stage = Stage.SCORES) -> Thread | None:
        """The thread of a tensor that is at least so far."""
        found = self._of.get(tensor) if self._of.data and isinstance(tensor, Tensor) else None
        return found if found is not None and found.stage >= least else None

    def paired(self, output: Any, stage: Stage, kind: Kind, grid: bool = True, trace: Trace | None = None) -> None:
        """A product or sum of query and key, or what may become one."""
        if isinstance(output, Tensor):
            self._of[output] = Thread(stage, kind, grid, shape=tuple(output.shape), trace=trace)

    def softmax(self, output: Tensor, scores: Tensor, axis: int) -> bool:
        """Whether this is a softmax of scores: weights from now on."""
        thread = self.get(scores)
        if thread is not None:
            blind = _blind(output, scores, axis)
            self._of[output] = Thread(
                Stage.WEIGHTS,
                thread.kind,
                blind=blind,
                version=_version(output),
                shape=thread.shape,
                trace=thread.trace,
                turned=thread.turned,
            )
        return thread is not None

    def composed(self, output: Any, weights: Tensor) -> None:
        """A product of weights with weights."""
        self._put(output, replace(self._of[weights], composed=True, changed=True, clean=None, version=_version(output)))

    def projected(self, output: Any, source: Tensor, along_last: bool = True) -> bool:
        """Whether a projection kept to the thread: features of pairs that become one number, heads that talk."""
        thread = self.get(source, Stage.BESIDE)
        if thread is None or not isinstance(output, Tensor):
            return False
        if thread.stage >= Stage.SCORES:
            if output.ndim != 4 or sorted(output.shape) != sorted(source.shape):
                return False
            return self._put(output, replace(thread, changed=True))
        if not along_last:
            return False
        if thread.stage == Stage.BESIDE:
            return self._staged(output, thread, output.shape[-1] == 1)
        one = output.ndim < source.ndim or output.shape[-1] == 1
        return (one or thread.grid) and self._staged(output, thread, one)

    def follow(self, func: Any, output: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Carries a thread on through a function that is none of the ends."""
        if func in ENDS and not (func in LARGER and len(args) > 1 and isinstance(args[1], Tensor)):
            return
        if func in MULTIPLY and len(args) > 1 and isinstance(output, Tensor):
            self.weighted(output, args[0], args[1])
        given = (*args, *kwargs.values())
        found = [(self._of[tensor], tensor) for tensor in tensors(given) if tensor in self._of]
        if not found:
            return
        thread, source = max(found, key=lambda pair: (pair[0].stage, pair[0].composed))
        if output is None or (isinstance(output, Tensor) and any(output is value for value in given)):
            return self._in_place(func, given[0] if output is None else output, thread, func in DROPOUT and _drops(*args, **kwargs))
        if func in SUMS:
            return self._summed(output, thread, source)
        for one in (output,) if isinstance(output, Tensor) else output if isinstance(output, tuple | list) else ():
            if isinstance(one, Tensor) and one.is_floating_point():
                self._carry(func, one, thread, source, args, kwargs)

    def _carry(self, func: Any, output: Tensor, thread: Thread, source: Tensor, args: tuple[Any, ...], kwargs: Any) -> None:
        moved = func in MOVES
        if thread.stage == Stage.COPIED:
            alone = len(tensors(args)) == 1
            stage = Stage.COPIED if moved else Stage.BESIDE if func in BESIDE else Stage.COPIED if alone else Stage.FEATURES
            self._put(output, replace(thread, stage=stage))
            return
        if not moved and (output.numel() < source.numel() or (func in MULTIPLY and output.numel() > source.numel())):
            return  # less than there was, or something else that is multiplied with it
        if thread.stage == Stage.FEATURES and not thread.grid and output.numel() != source.numel():
            return
        clean = thread.clean
        if func in DROPOUT:
            clean = (source, _version(source)) if clean is None and _drops(*args, **kwargs) else clean
        elif clean is not None:
            again = _again(func, source, clean[0], args, kwargs)
            clean = None if again is None or clean[1] != _version(clean[0]) else (again, _version(again))
            thread = replace(thread, dropped=clean is None)
        same = output.numel() == source.numel()
        changed = thread.changed or not (same and (moved or func in DROPOUT)) or thread.version != _version(source)
        shape = thread.shape if same and (not moved or func in ORDERLY) and output.ndim < len(thread.shape) else tuple(output.shape)
        rebuilt = thread.rebuilt or (thread.stage == Stage.WEIGHTS and output.numel() > source.numel() and func in FRAMES)
        thread = replace(thread, turned=thread.turned ^ (moved and turned(output, source)), rebuilt=rebuilt)
        self._put(output, replace(thread, changed=changed, clean=clean, version=_version(output), shape=shape))

    def _in_place(self, func: Any, target: Any, thread: Thread, dropped: bool) -> None:
        if isinstance(target, Tensor) and func not in MOVES and (dropped or func not in DROPOUT):
            rebuilt = thread.rebuilt or (thread.stage == Stage.WEIGHTS and self.get(target) is None)
            self._of[target] = replace(
                thread,
                changed=True,
                version=_version(target),
                dropped=thread.dropped or dropped,
                shape=tuple(target.shape),
                rebuilt=rebuilt,
            )

    def _summed(self, output: Any, thread: Thread, source: Tensor) -> None:
        """Over one axis of features of pairs: scores."""
        if thread.stage == Stage.FEATURES and isinstance(output, Tensor) and output.ndim >= 2 and output.numel() < source.numel():
            self._staged(output, thread, scores=True)

    def weighted(self, output: Tensor, left: Any, right: Any) -> None:
        """Weights times values, one by one, where a sum over the keys may follow."""
        for weights, values in ((left, right), (right, left)):
            thread = self.get(weights)
            if thread is None or not isinstance(values, Tensor) or self.get(values, Stage.WEIGHTS) is not None:
                continue
            axes = output.ndim
            sizes, others = ((1,) * (axes - tensor.ndim) + tuple(tensor.shape) for tensor in (weights, values))
            if any(mine == 1 < other for mine, other in zip(sizes, others, strict=True)):
                self._weighted[output] = (weights, values, others)

    def summed(self, output: Tensor) -> tuple[Tensor, Tensor, tuple[int, ...]] | None:
        """The weights, the values and their shape beside the weights, of a product whose sum is taken."""
        found: tuple[Tensor, Tensor, tuple[int, ...]] | None = self._weighted.pop(output, None) if self._weighted.data else None
        return found

    def taken(self, tensor: Tensor) -> tuple[Tensor, Thread]:
        """What met the values as it was before any dropout, and its thread, which goes on: some meet values twice."""
        thread = self._of[tensor]
        thread = thread if thread.version == _version(tensor) else replace(thread, changed=True)
        return (tensor, thread) if thread.clean is None else (thread.clean[0], thread)

    def first_meeting(self, tensor: Tensor) -> bool:
        """Whether these weights meet values for the first time; some layers use theirs twice."""
        met, place = self._of[tensor].met, (tensor.untyped_storage().data_ptr(), tensor.storage_offset(), tensor.numel())
        new = place not in met
        met.add(place)
        return new

    def _staged(self, output: Tensor, thread: Thread, scores: bool) -> bool:
        stage = Stage.SCORES if scores else Stage.FEATURES
        return self._put(output, replace(thread, stage=stage, shape=tuple(output.shape)))

    def _put(self, output: Tensor, thread: Thread) -> bool:
        self._of[output] = thread
        return True


def turned(output: Tensor, source: Tensor) -> bool:
    """Whether a view has the last two axes of its source the other way round; an axis of one position may come or go there."""
    if abs(output.ndim - source.ndim) == 1:
        longer, shorter = (output, source) if output.ndim > source.ndim else (source, output)
        return longer.shape[-1] == 1 and longer.shape[:-1] == shorter.shape
    if output.ndim != source.ndim or output.ndim < 2:
        return False
    strides, sizes = (output.stride()[-2:], source.stride()[-2:]), (output.shape[-2:], source.shape[-2:])
    around = tuple(sizes[0]) == tuple(sizes[1])[::-1]
    if 1 in sizes[1]:  # the stride of a single position says nothing
        return around and sizes[0] != sizes[1]
    return around and strides[0] == strides[1][::-1] != strides[1]


def _drops(_: Any, p: float = 0.5, training: bool = True, *__: Any, train: bool = True, **___: Any) -> bool:
    """Whether a dropout with these arguments sets anything to zero."""
    return p > 0 and training and train


def _again(func: Any, source: Tensor, clean: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor | None:
    """The same done to what the weights were before dropout."""

    def swapped(value: Any) -> Any:
        return clean if value is source else value

    with suppress(Exception), torch.no_grad(), torch._C.DisableTorchFunction():
        again = func(*map(swapped, args), **{name: swapped(value) for name, value in kwargs.items()})
        return again if isinstance(again, Tensor) else None
    return None


def _blind(weights: Tensor, scores: Tensor, axis: int) -> bool:
    """Whether rows are NaN, and all of them those of queries that may look at nothing; a row is NaN as a whole."""
    with torch._C.DisableTorchFunction():
        if not weights.shape[axis] or not weights.select(axis, 0).isnan().any():
            return False
        return bool(((scores == -torch.inf) | ~weights.isnan()).all())


def _version(tensor: Tensor) -> int | None:
    return None if tensor.is_inference() else tensor._version
