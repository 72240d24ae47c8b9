"""Looks at what a layer calls that forms its weights itself: how query meets key, and weights meet values.

Each look is called after a function of torch, with its output and its arguments.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from torch import Tensor
from torch.nn import functional as F

from attnviz.maps import Kind
from attnviz.taps.base import Emit
from attnviz.taps.followed import tensors
from attnviz.taps.functions import CONVOLUTIONS, PROJECTIONS, SOFTMAX, SUMS_WITH_PROJECTIONS, variants
from attnviz.taps.place import Place
from attnviz.taps.products import by_einsum, by_matmul, by_sum, constant, einsum_pairs
from attnviz.taps.softmax import attends, from_softmax
from attnviz.taps.softmaxes import Softmaxes, turned
from attnviz.taps.stages import Stage, Taken
from attnviz.taps.traces import Traces

Layout = Callable[[Tensor], Tensor | None]
Look = Callable[..., None]


class Mode(Protocol):
    """What looks need of the tap."""

    traces: Traces
    softmaxes: Softmaxes
    emit: Emit

    def place(self) -> Place | None: ...


def _projection(mode: Mode, output: Any, /, source: Any = None, weight: Any = None, *_: Any, **__: Any) -> None:
    if source is None:
        return
    mode.traces.projected(output, source)
    if mode.softmaxes and not mode.softmaxes.projected(output, source) and weight is not None:
        _met(mode, output, weight, source, lambda weights: by_matmul(weights, source.mT))


def _convolution(mode: Mode, output: Any, /, source: Any = None, *_: Any, **__: Any) -> None:
    if source is not None:
        mode.traces.projected(output, source, last=False)
        mode.softmaxes.projected(output, source, along_last=False)


def _projection_of_second(mode: Mode, output: Any, /, _: Any = None, source: Any = None, *__: Any, **___: Any) -> None:
    _projection(mode, output, source)


def _matmul(
    mode: Mode, output: Tensor, /, left: Tensor, right: Tensor | None = None, other: Tensor | None = None,
    mat2: Tensor | None = None, tensor2: Tensor | None = None, **_: Any,
) -> None:  # fmt: skip
    second = next((tensor for tensor in (right, other, mat2, tensor2) if tensor is not None), None)
    if second is None:
        return
    if mode.softmaxes and (_met_in_matmul(mode, output, left, second) or mode.softmaxes.projected(output, left)):
        return
    dims = min(left.ndim, second.ndim)
    known = mode.traces.of(left) is not None and mode.traces.of(second) is not None
    if constant(left) or constant(second) or not (dims > 2 or (left.ndim == second.ndim == 2 and known)):
        if second.ndim == 2 or constant(second):
            mode.traces.projected(output, left)
        return
    _paired(mode, output, left, second)


def _met_in_matmul(mode: Mode, output: Tensor, left: Tensor, right: Tensor) -> bool:
    """Weights on the left, or on the right with both turned."""
    return _met(mode, output, left, right, lambda weights: by_matmul(weights, right)) or (
        left.ndim > 1 and right.ndim > 1 and _met(mode, output, right, left, lambda weights: by_matmul(weights.mT, left.mT))
    )


def _baddbmm(mode: Mode, output: Tensor, /, _: Tensor, batch1: Tensor, batch2: Tensor, **__: Any) -> None:
    if not _met_in_matmul(mode, output, batch1, batch2):
        _paired(mode, output, batch1, batch2)


def _einsum(mode: Mode, output: Tensor, /, equation: Any, *operands: Any) -> None:
    pair = tensors(operands)
    if len(pair) != 2 or not isinstance(equation, str):
        return
    for first, second in ((0, 1), (1, 0)):
        if _met(mode, output, pair[first], pair[second], partial(by_einsum, equation, first, values=pair[second])):
            return
        if mode.softmaxes.projected(output, pair[first]):
            return
    if einsum_pairs(equation) and not constant(pair[0]) and not constant(pair[1]):
        return _paired(mode, output, *pair)
    mode.traces.projected(output, pair[1] if constant(pair[0]) else pair[0])


def _met(mode: Mode, output: Any, weights: Any, values: Tensor, layout: Layout) -> bool:
    """Whether weights met values here; emits them."""
    softmaxes = mode.softmaxes
    if softmaxes.get(weights) is None or softmaxes.get(values, Stage.WEIGHTS) is not None or constant(values):
        return False
    clean, thread = softmaxes.taken(weights)
    found = None if thread.composed else layout(clean)
    if found is None:
        return False
    if len(thread.shape) == 4 and found.ndim == 3 and thread.shape[-2:] == found.shape[-2:] and found.numel() == clean.numel():
        found = found.reshape(thread.shape)  # heads that were folded into the batch on the way
    softmax, trace = thread.stage == Stage.WEIGHTS, thread.trace
    if trace is not None and thread.turned ^ turned(found, clean):
        trace = trace.turned()
    taken = Taken(found, thread.kind, thread.changed, thread.blind, softmax, thread.dropped, thread.rebuilt)
    if not attends(taken):
        return False
    mode.traces.placed(output, trace)
    if softmaxes.first_meeting(weights) and (place := mode.place()) is not None:
        kind = mode.traces.of_layer(place.layer, thread.kind, trace, trace.of_keys if trace else frozenset())
        mode.emit(place.layer, partial(from_softmax, place, replace(taken, kind=kind, tokens=trace.tokens if trace else 0)))
    return True


def _paired(mode: Mode, output: Any, left: Tensor, right: Tensor) -> None:
    """A product of two tensors, neither of which are weights, may be that of query and key."""
    if mode.softmaxes.get(left, Stage.WEIGHTS) is not None or mode.softmaxes.get(right, Stage.WEIGHTS) is not None:
        if all(mode.softmaxes.get(part, Stage.WEIGHTS) is not None for part in (left, right)):
            mode.softmaxes.composed(output, left)
        return
    kind = mode.traces.kind(left, right, same_length=output.ndim > 1 and output.shape[-1] == output.shape[-2])
    mode.traces.multiplied(output, left, right)
    mode.softmaxes.paired(output, Stage.SCORES, kind, trace=mode.traces.of(output))


def _outer(mode: Mode, output: Any, /, left: Any, right: Any = None, **kwargs: Any) -> None:
    """A sum, difference or product of tensors that are spread over each other: features of pairs of query and key, or scores."""
    right = kwargs.get("other", right)
    if not isinstance(right, Tensor) or not isinstance(left, Tensor) or left.shape == right.shape or not isinstance(output, Tensor):
        return
    if mode.softmaxes.get(left) is not None or mode.softmaxes.get(right) is not None or not output.is_floating_point():
        return
    sizes = [(1,) * (output.ndim - tensor.ndim) + tuple(tensor.shape) for tensor in (left, right)]
    spread = [[i for i, (a, b) in enumerate(zip(one, two, strict=True)) if a == 1 < b] for one, two in (sizes, sizes[::-1])]
    both, last = spread[0] and spread[1], output.ndim - 1
    one = spread[0] + spread[1]
    if not (both or (len(one) == 1 and 0 < one[0] < last and output.ndim in (3, 4))) or constant(left) or constant(right):
        return
    stage = Stage.SCORES if last in one else Stage.FEATURES
    if stage == Stage.FEATURES and output.shape[-1] == 1:
        return
    kind = _grid_kind(mode, left, right, output, one) if both else "soft"
    if both:
        mode.traces.multiplied(output, left, right)
    mode.softmaxes.paired(output, stage, kind, grid=bool(both), trace=mode.traces.of(output) if both else None)


def _grid_kind(mode: Mode, left: Tensor, right: Tensor, output: Tensor, axes: list[int]) -> Kind:
    return mode.traces.kind(left, right, same_length=len(axes) == 2 and output.shape[axes[0]] == output.shape[axes[1]])


def _copied(mode: Mode, output: Any, /, source: Any, *_: Any, **__: Any) -> None:
    """A state that is copied along an axis, to be set beside those of other places."""
    if output.ndim != 3 or not output.is_floating_point() or output.numel() <= source.numel() or constant(source):
        return
    if mode.softmaxes.get(source, Stage.COPIED) is None:
        mode.softmaxes.paired(output, Stage.COPIED, "soft", grid=False)


def _distance(mode: Mode, output: Any, /, left: Any = None, right: Any = None, *_: Any, **kwargs: Any) -> None:
    left, right = kwargs.get("x1", left), kwargs.get("x2", right)
    if output.ndim > 1 and left.shape != output.shape and not constant(left) and not constant(right):
        _paired(mode, output, left, right)


def _softmax(mode: Mode, output: Tensor, /, scores: Any = None, *args: Any, **kwargs: Any) -> None:
    scores, axis = kwargs.get("input", scores), kwargs.get("dim", args[0] if args else None)
    if isinstance(axis, int):
        mode.softmaxes.softmax(output, scores, axis)


def _sum(mode: Mode, output: Any, /, source: Any = None, *args: Any, **kwargs: Any) -> None:
    """Of weights times values, along the keys."""
    axis = kwargs.get("dim", args[0] if args else None)
    axis = axis[0] if isinstance(axis, list | tuple) and len(axis) == 1 else axis
    if not (mode.softmaxes and isinstance(axis, int) and isinstance(source, Tensor)):
        return
    if (found := mode.softmaxes.summed(source)) is not None:
        weights, values, sizes = found
        _met(mode, output, weights, values, partial(by_sum, values=sizes, axis=axis))


LOOKS: list[tuple[Iterable[Any], Look]] = [
    (PROJECTIONS, _projection), (CONVOLUTIONS, _convolution), (SUMS_WITH_PROJECTIONS, _projection_of_second),
    (variants("matmul", "bmm", "mm", "mv"), _matmul), (variants("baddbmm"), _baddbmm), (variants("einsum"), _einsum),
    (variants("add", "sub", "subtract", "mul", "multiply") | {Tensor.__rsub__}, _outer),
    (variants("expand", "expand_as", "repeat", "tile", "repeat_interleave"), _copied),
    (variants("cdist", "cosine_similarity"), _distance), (SOFTMAX, _softmax), (variants("sum"), _sum),
]  # fmt: skip
# After these, nothing is carried on but by the look itself.
OWN = (
    {F.scaled_dot_product_attention}
    | PROJECTIONS
    | CONVOLUTIONS
    | SUMS_WITH_PROJECTIONS
    | SOFTMAX
    | variants("matmul", "bmm", "mm", "mv", "baddbmm", "einsum")
)
