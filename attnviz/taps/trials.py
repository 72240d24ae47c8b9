"""Calls of a copy of the model that show whose row is whose: which rows move with which example, and which features are in them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from attnviz.taps.altered import Group, altered
from attnviz.taps.functions import CONVOLUTIONS, PRODUCTS, PROJECTIONS, SUMS_WITH_PROJECTIONS
from attnviz.taps.place import Outer
from attnviz.taps.replica import again, apart, replica, unseen

LEAVES = 12  # projections before a call that it may be made of
ODD = 0x9E3779B97F4A7C15 - (1 << 64)


class Event(NamedTuple):
    """One attention of a trial. `marks`: a number for each row, which another trial finds again where nothing moved.

    `features`: the first feature of a projection that a row is made of, and `tokens`: the first place; None where no projection
    is known.
    """

    shape: tuple[int, ...]
    marks: NDArray[np.int64]
    features: NDArray[np.int64] | None = None
    tokens: NDArray[np.int64] | None = None


Events = dict[str, list[Event]]


class Leaf(NamedTuple):
    """What a projection gave, cut off from what it was made of; `axes`: those of its features."""

    tensor: Tensor
    axes: tuple[int, ...]


def trial(outer: Outer, names: Mapping[int, str], group: Group | None = None, examples: tuple[int, ...] = ()) -> Events:
    """What the layers of a copy attend to, with some examples of a group changed; raises whatever the model raises."""
    from attnviz.taps.watch import Watch  # which is itself a tap on calls

    with unseen():
        copied, became = replica(outer.module)
        ours = {id(became[key]): name for key, name in names.items() if key in became}
        args, kwargs = again((outer.args, _without_cache(outer.kwargs)))
        if group is not None:
            args, kwargs = altered((args, kwargs), group, examples)
        watch = Watch(ours, first=group is None)

        def call() -> None:
            with watch:
                copied(*args, **kwargs)

        apart(call)
    return watch.events


def _without_cache(kwargs: dict[str, Any]) -> dict[str, Any]:
    """A cache has grown since the call began: it is left out, which is right where it was empty, and shows where it was not."""
    return {name: None if is_cache(value) else value for name, value in kwargs.items()}


def is_cache(value: Any) -> bool:
    """Whether an argument is what transformers keeps keys and values in."""
    return hasattr(value, "get_seq_length")


def projects(func: Any, args: tuple[Any, ...]) -> tuple[int, ...] | None:
    """Axes of the features in what a projection gives; None for any other function."""
    if func in PROJECTIONS or func in SUMS_WITH_PROJECTIONS:
        return (-1,)
    if func in CONVOLUTIONS:
        return (1,)
    if func not in PRODUCTS:
        return None
    if isinstance(args[0], str):
        return _features_of(args[0], args[1:])
    return (-1,) if len(args) > 1 and _is_weight(args[1]) and args[1].ndim == 2 else None


def _features_of(equation: str, operands: tuple[Any, ...]) -> tuple[int, ...] | None:
    inputs, _, out = equation.replace(" ", "").partition("->")
    names, tensors = inputs.split(","), [*(operands[0] if isinstance(operands[0], list | tuple) else operands)]
    found = [name for name, tensor in zip(names, tensors, strict=False) if _is_weight(tensor)]
    if len(names) != 2 or len(found) != 1:
        return None
    return tuple(i for i, letter in enumerate(out) if letter in found[0])


def _is_weight(tensor: Any) -> bool:
    return isinstance(tensor, nn.Parameter) or (isinstance(tensor, Tensor) and isinstance(tensor._base, nn.Parameter))


def marks(numbers: Tensor) -> NDArray[np.int64]:
    """(row, ...) -> a number for each row, the same for the same bits, in whatever order they are summed."""
    bits = numbers.detach().to("cpu", torch.float64).reshape(len(numbers), -1).contiguous().view(torch.int64)
    factors = torch.arange(1, 2 * bits.shape[1], 2) * ODD
    mixed = (bits ^ (bits >> 29)) * factors
    found: NDArray[np.int64] = (mixed ^ (mixed >> 32)).sum(1).numpy()
    return found


def made_of(rows: Tensor, leaves: list[Leaf]) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """(row, ...) and projections -> the first feature and the first place of the projection that each row is made of.

    Gradients tell: those of all rows, and for each digit of a row's number those of the rows that have it.
    """
    if not leaves or not rows.requires_grad:
        return None
    pull = torch.rand(rows.shape, device=rows.device).to(rows.dtype) + 0.5
    digits = max(1, (len(rows) - 1).bit_length())
    has = torch.arange(len(rows))[:, None] >> torch.arange(digits) & 1
    tensors = [leaf.tensor for leaf in leaves]
    masks = [pull * has[:, digit].to(pull).view(-1, *[1] * (rows.ndim - 1)) for digit in range(digits)]
    try:
        whole, *parts = [torch.autograd.grad(rows, tensors, mask, retain_graph=True, allow_unused=True) for mask in (pull, *masks)]
    except RuntimeError:  # something on the way was written over
        return None
    for i, leaf in enumerate(leaves):
        if whole[i] is not None and (found := _firsts(leaf, whole[i], [part[i] for part in parts], len(rows))) is not None:
            return found
    return None


def _firsts(leaf: Leaf, whole: Tensor, parts: list[Tensor], rows: int) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """None where the projection is not in every row, or where numbers of it are in several."""
    axes = sorted(axis % whole.ndim for axis in leaf.axes)
    order = [axis for axis in range(whole.ndim) if axis not in axes] + axes
    width = int(np.prod([whole.shape[axis] for axis in axes]))

    def flat(tensor: Tensor) -> NDArray[np.float64]:
        table: NDArray[np.float64] = tensor.permute(order).reshape(-1, width).double().cpu().numpy()
        return table

    total = flat(whole)
    used = total != 0
    row = np.zeros(total.shape, dtype=np.int64)
    for digit, part in enumerate(parts):
        share = np.divide(flat(part), total, out=np.zeros_like(total), where=used)
        ones = np.abs(share - 1) < 0.25
        if (used & ~ones & (np.abs(share) > 0.25)).any():
            return None
        row += ones.astype(np.int64) << digit
    features, tokens = (np.full(rows, np.iinfo(np.int64).max) for _ in range(2))
    where = np.nonzero(used)
    np.minimum.at(features, row[where], where[1])
    np.minimum.at(tokens, row[where], where[0])
    return (features, tokens) if (features < width).all() else None
