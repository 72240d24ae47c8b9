"""Tensors among arguments, and what is known of tensors for as long as these live."""

from collections.abc import Iterable, Mapping
from typing import Any

from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary


def tensors(values: Iterable[Any]) -> list[Tensor]:
    """Those among arguments, and in lists among them."""
    found: list[Tensor] = []
    for value in values:
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, list | tuple):
            found += [item for item in value if isinstance(item, Tensor)]
    return found


class Followed:
    """Tensors of which something is known; false where there are none."""

    def __init__(self) -> None:
        self._of: Any = WeakTensorKeyDictionary()

    @property
    def alive(self) -> Mapping[Any, Any]:
        """Empty where nothing is followed; the same one all the time."""
        found: Mapping[Any, Any] = self._of.data
        return found

    def __bool__(self) -> bool:
        return bool(self._of.data)
