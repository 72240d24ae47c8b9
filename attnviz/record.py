"""The camera: `with record(model) as tape: model(...)`."""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from torch import nn

from attnviz.errors import NothingRecorded, UnknownLayer
from attnviz.maps import AttentionMap
from attnviz.taps import TAPS, Record
from attnviz.taps.hidden import refuse_compiling, refuse_unseen
from attnviz.taps.steps import joined

_running: ContextVar[tuple[int, ...]] = ContextVar("running", default=())

# A pattern of layer names, and axis -> names of its positions.
_Labels = tuple[str, dict[str, tuple[str, ...]]]


class Tape:
    """All records of one recording, by layer name in order of emission; maps are those of one example of the batch."""

    def __init__(self, records: dict[str, Record], example: int = 0, labels: tuple[_Labels, ...] = ()) -> None:
        self._records = records
        self._example = example
        self._labels = labels
        self._calls: Counter[str] = Counter()
        self.seconds = 0.0

    @property
    def layers(self) -> tuple[str, ...]:
        """Names in order of emission."""
        return tuple(self._records)

    @property
    def batch(self) -> int:
        """Number of examples."""
        return min((record.batch for record in self._records.values()), default=0)

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[AttentionMap]:
        return (self[layer] for layer in self.layers)

    def __getitem__(self, name: str) -> AttentionMap:
        """The map of the layer of this name, or of the only layer whose name begins with it."""
        record = self._records[self._resolve(name)]
        wanted = (labels for pattern, labels in self._labels if fnmatchcase(record.layer, pattern))
        labels = {axis: names for labels in wanted for axis, names in labels.items() if axis in record.axes}
        return AttentionMap(
            layer=record.layer, kind=record.kind, mechanism=record.mechanism, norm=record.norm, axes=record.axes,
            weights=record.example(self._example), labels=labels, notes=record.notes,
            receipt=record.receipt(),
        )  # fmt: skip

    def example(self, index: int) -> "Tape":
        """The same tape, looking at another example of the batch."""
        if not 0 <= index < self.batch:
            raise IndexError(f"no example {index} in a batch of {self.batch}")
        return self._view(index, self._labels)

    def labelled(self, layers: str = "*", **labels: tuple[str, ...]) -> "Tape":
        """The same tape, with names for the positions of some axes, in the layers that match a pattern with `*`."""
        return self._view(self._example, (*self._labels, (layers, labels)))

    def _view(self, example: int, labels: tuple[_Labels, ...]) -> "Tape":
        view = Tape(self._records, example, labels)
        view.seconds = self.seconds
        return view

    def _resolve(self, name: str) -> str:
        if name in self._records:
            return name
        found = [layer for layer in self._records if layer.startswith(name)]
        if len(found) != 1:
            finding = f"{len(found)} layers begin with {name!r}" if found else f"no layer is called {name!r}"
            raise UnknownLayer(finding, f"recorded were {', '.join(found or self._records)}")
        return found[0]

    def _keep(self, record: Record) -> None:
        """A layer that speaks again gets a numbered name: `attention`, `attention:1`, ...; a step with a cache joins the last."""
        calls = self._calls[record.layer]
        if calls:
            last = f"{record.layer}:{calls - 1}" if calls > 1 else record.layer
            one = joined(self._records[last], record, self._records.values())
            if one is not None:
                self._records[last] = one
                return
        name = f"{record.layer}:{calls}" if calls else record.layer
        self._records[name] = replace(record, layer=name) if calls else record
        self._calls[record.layer] += 1


@dataclass(frozen=True)
class _Choice:
    """Which layers are wanted, and which were there."""

    patterns: tuple[str, ...]
    seen: set[str]

    def __call__(self, layer: str) -> bool:
        self.seen.add(layer)
        return any(fnmatchcase(layer, pattern) or layer.startswith(pattern) for pattern in self.patterns)


@contextmanager
def record(model: nn.Module, layers: str | Sequence[str] = "*") -> Iterator[Tape]:
    """Records what the attention layers of `model` say in the calls made inside the block, in this thread.

    `layers` are names, beginnings of names or patterns with `*`. Outputs, hooks and settings are as without recording.
    Raises NothingRecorded at the end of the block where no wanted layer emitted anything. Short calls of the fused kernel are
    copied and checked at the first look at their map: OutputMismatch comes from there, and ChangedInPlace where somebody wrote
    over query or key before it. A map that was looked at never changes.
    """
    tape, modules = Tape({}), _modules(model)
    choice = _Choice((layers,) if isinstance(layers, str) else tuple(layers), set())
    start = time.perf_counter()
    with ExitStack() as taps:
        token = _running.set((*_running.get(), id(tape)))
        taps.callback(_running.reset, token)
        for tap in TAPS:
            taps.enter_context(tap(modules, choice, lambda: id(tape) in _running.get(), tape._keep))
        try:
            yield tape
        except Exception as error:
            refuse_compiling(model, error)
            raise
    tape.seconds = time.perf_counter() - start
    refuse_unseen(modules, choice, tape.layers)
    if not tape.layers:
        raise _nothing(model, choice)


def _modules(model: nn.Module) -> dict[str, nn.Module]:
    """As `named_modules()`, which yields each through every level above it."""
    found, seen, todo = {}, set(), [("", model)]
    while todo:
        name, module = todo.pop()
        if id(module) not in seen:
            seen.add(id(module))
            found[name] = module
            if module._modules:
                prefix = name and name + "."
                todo += [(prefix + part, child) for part, child in reversed(module._modules.items()) if child is not None]
    return found


def _nothing(model: nn.Module, choice: _Choice) -> NothingRecorded:
    if choice.seen:
        return NothingRecorded(
            f"no layer matching {', '.join(choice.patterns)} emitted attention",
            f"those that could are {', '.join(sorted(choice.seen))}",
        )
    return NothingRecorded(
        f"no layer of {type(model).__name__} emitted attention",
        "call the model inside the block; its layers need a probe, or torch's scaled_dot_product_attention",
    )
