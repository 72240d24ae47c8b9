"""The parts of a model by name: worked out once for each model, and held against it at each recording.

Nothing is written on the model, and what is remembered of it is let go with it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary, ref

from torch import nn


@dataclass(frozen=True)
class Parts:
    """`modules`: all of a model by name, the model itself as ""; `names`: by `id`, as a tape has them; `classes` of them."""

    modules: Mapping[str, nn.Module]
    names: Mapping[int, str]
    classes: frozenset[type[nn.Module]]

    def of_class(self, *classes: type) -> bool:
        """Whether any part is of one of these classes."""
        return any(issubclass(found, classes) for found in self.classes)

    def with_own(self, attribute: str) -> list[tuple[str, Any]]:
        """Names of modules that have an attribute of their own, and what it is; `getattr` is slow to find that there is none."""
        return [(name, value) for name, module in self.modules.items() if (value := module.__dict__.get(attribute)) is not None]


class _Part(NamedTuple):
    """A module, held weakly, and what hung on it."""

    module: ref[nn.Module]
    names: tuple[str, ...]
    children: list[ref[nn.Module] | None]


class _Known(NamedTuple):
    """Parts by name, and what is the same in all recordings."""

    parts: dict[str, _Part]
    names: dict[int, str]
    classes: frozenset[type[nn.Module]]


_known: WeakKeyDictionary[nn.Module, _Known] = WeakKeyDictionary()


def parts_of(model: nn.Module) -> Parts:
    """As the model is now: what is remembered counts only where every part still hangs where it hung."""
    known = _known.get(model)
    modules = None if known is None else _as_before(known)
    if known is None or modules is None:
        modules = _walk(model)
        known = _known[model] = _Known(
            {name: _Part(ref(module), tuple(module._modules), _children(module)) for name, module in modules.items()},
            {id(module): name or type(module).__name__ for name, module in modules.items()},
            frozenset(map(type, modules.values())),
        )
    return Parts(modules, known.names, known.classes)


def _as_before(known: _Known) -> dict[str, nn.Module] | None:
    """None where a part is gone, or another hangs on one."""
    modules = {}
    for name, (held, names, children) in known.parts.items():
        module = held()
        if module is None:
            return None
        hanging = module._modules
        if (names or hanging) and (tuple(hanging) != names or _children(module) != children):
            return None
        modules[name] = module
    return modules


def _children(module: nn.Module) -> list[ref[nn.Module] | None]:
    return [None if child is None else ref(child) for child in module._modules.values()]


def _walk(model: nn.Module) -> dict[str, nn.Module]:
    """As `named_modules()`, which yields each through every level above it."""
    found, seen, todo = {}, set(), [("", model)]
    while todo:
        name, module = todo.pop()
        if id(module) not in seen:
            seen.add(id(module))
            found[name] = module
            prefix = name and name + "."
            todo += [(prefix + part, child) for part, child in reversed(module._modules.items()) if child is not None]
    return found
