"""Axes by letter: b example, w what else is in the rows, h head, g key head, r heads of a key head, q query, k key, d feature.

R stands for examples and w together, in the order that a case has. A group of letters is one axis, the first letter slowest.
"""

import math
from collections.abc import Mapping, Sequence

from torch import Tensor


def fold(tensor: Tensor, letters: str, groups: Sequence[str], view: bool = False) -> Tensor:
    """One axis a letter -> one axis a group; a group "1" is a new axis of one position."""
    sizes = dict(zip(letters, tensor.shape, strict=True))
    moved = tensor.permute([letters.index(letter) for group in groups for letter in group if letter != "1"])
    shape = [math.prod(sizes.get(letter, 1) for letter in group) for group in groups]
    return moved.contiguous().view(shape) if view else moved.reshape(shape)


def unfold(tensor: Tensor, groups: Sequence[str], sizes: Mapping[str, int]) -> tuple[Tensor, str]:
    """One axis a group -> one axis a letter, and the letters."""
    letters = "".join(groups).replace("1", "")
    return tensor.reshape([sizes[letter] for letter in letters]), letters


def mask_as(mask: Tensor, letters: str, groups: Sequence[str], sizes: Mapping[str, int]) -> Tensor:
    """A mask with axes of one position, in the shape of scores; it is spread only where an axis that it lacks is folded."""
    have = dict(zip(letters, mask.shape, strict=True))
    wanted = [sizes[x] if any(len(group) > 1 and x in group for group in groups) else have[x] for x in letters]
    return fold(mask.expand(wanted), letters, groups)
