"""Inputs with some of their examples changed, within what the model can take."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves, tree_map

Group = tuple[int, int]  # an axis, and its size in the tensors that have it in common


def groups(given: Any) -> list[Group]:
    """Axes of the inputs along which the examples may stand: the first, largest batches first, then the second."""
    tensors = with_axes(given)
    found = [sorted({tensor.shape[axis] for tensor in tensors if tensor.ndim > max(axis, 1)}, reverse=True) for axis in (0, 1)]
    return [(axis, size) for axis, sizes in enumerate(found) for size in sizes]


def with_axes(given: Any) -> list[Tensor]:
    """Inputs of two axes and more, or of one where no others are there: the others are lengths, times or labels.

    Booleans say what may be seen, and may have an axis of heads in front; they count where nothing else is there.
    """
    tensors = [leaf for leaf in tree_leaves(given) if isinstance(leaf, Tensor) and leaf.ndim > 0]
    tensors = [tensor for tensor in tensors if tensor.dtype != torch.bool] or tensors
    return [tensor for tensor in tensors if tensor.ndim > 1] or tensors


def altered(given: Any, group: Group, examples: Sequence[int]) -> Any:
    """The same arguments with these examples changed in all tensors of a group; masks stay where anything else can change."""
    axis, size = group
    ours = [tensor for tensor in with_axes(given) if tensor.ndim > axis and tensor.shape[axis] == size]
    telling = [tensor for tensor in ours if not _is_mask(tensor)] or ours
    chosen = {id(tensor) for tensor in telling}

    def change(leaf: Any) -> Any:
        if not isinstance(leaf, Tensor) or id(leaf) not in chosen:
            return leaf
        index = torch.tensor(list(examples), device=leaf.device)
        return leaf.index_copy(axis, index, _other(leaf, leaf.index_select(axis, index)))

    return tree_map(change, given)


def _is_mask(tensor: Tensor) -> bool:
    if tensor.dtype == torch.bool:
        return True
    return not tensor.is_floating_point() and not tensor.is_complex() and bool(((tensor == 0) | (tensor == 1)).all())


def _other(whole: Tensor, part: Tensor) -> Tensor:
    """Numbers other than `part`, each of them: noise of the same size, or whole numbers that the tensor has elsewhere."""
    if part.dtype == torch.bool:
        return ~part
    if part.is_floating_point() or part.is_complex():
        size = whole.abs().float().mean().clamp(min=1e-3)
        return part + (
            torch.randn(part.shape, device=part.device).sign() * (0.5 + torch.rand(part.shape, device=part.device)) * size
        ).to(part.dtype)
    known = torch.unique(whole)
    if len(known) == 1:
        return torch.where(part > 0, part - 1, part + 1)
    steps = torch.randint(1, len(known), part.shape, device=part.device)
    return known[(torch.searchsorted(known, part) + steps) % len(known)]
