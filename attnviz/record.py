"""The camera: `with record(model) as tape: model(...)`."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import partial
from threading import RLock

from torch import nn

from attnviz.errors import AmbiguousExample, AttnvizError, NoExample, NothingRecorded, UnknownLayer
from attnviz.maps import AttentionMap
from attnviz.taps import TAPS, Emit, Record, Refusal
from attnviz.taps.hidden import refuse_transformed, refuse_unfollowed, refused_unseen
from attnviz.taps.parts import parts_of
from attnviz.taps.steps import APART, joined, looks_like_step, part_of
from attnviz.taps.threads import threads
from attnviz.weights import Weights

_running: ContextVar[tuple[int, ...]] = ContextVar("running", default=())

# A pattern of layer names, and axis -> names of its positions.
_Labels = tuple[str, dict[str, tuple[str, ...]]]


class Tape:
    """All records of one recording, by layer name in order of emission; maps are those of one example of the batch.

    That is the first that a layer has, unless `example(i)` was asked for: then `layers` are those that have it.

    A layer that ran and has no map stands in `refused`, and asking for its map raises what was found.
    """

    def __init__(
        self, records: dict[str, Record], refused: dict[str, AttnvizError], roles: Mapping[str, str], example: int | None = None,
        labels: tuple[_Labels, ...] = (),
    ) -> None:  # fmt: skip
        self._records = records
        self._refused = refused
        self._roles = roles
        self._example = example
        self._labels = labels
        self._calls: Counter[str] = Counter()
        self._last: dict[str, str] = {}
        self._parts: dict[str, tuple[str, int]] = {}
        self.seconds = 0.0

    @property
    def layers(self) -> tuple[str, ...]:
        """Names in order of emission."""
        return tuple(name for name, record in self._records.items() if self._example is None or self._example in record.held)

    @property
    def refused(self) -> tuple[Refusal, ...]:
        """Layers that ran and have no map, in order of their calls, with finding and cure."""
        return tuple(Refusal(layer, error.finding, error.cure) for layer, error in self._refused.items())

    @property
    def batch(self) -> int:
        """Number of examples, of the layer that has most."""
        return max((max(record.held, default=-1) + 1 for record in self._records.values()), default=0)

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[AttentionMap]:
        return (self[layer] for layer in self.layers)

    def __getitem__(self, name: str) -> AttentionMap:
        """The map of the layer of this name, or of the only layer whose name begins with it; raises why a layer has none.

        A call that was joined to the ones before still has its own name, and by that its own map.
        """
        name = self._resolve(name)
        if name in self._refused:
            raise self._refused[name].with_traceback(None)
        joined_to, number = self._parts.get(name, (name, 0))
        record = self._records[joined_to] if joined_to == name else part_of(self._records[joined_to], number, name)
        wanted = (labels for pattern, labels in self._labels if fnmatchcase(record.layer, pattern))
        labels = {axis: names for labels in wanted for axis, names in labels.items() if axis in record.axes}
        return AttentionMap(
            layer=record.layer, kind=record.kind, mechanism=record.mechanism, norm=record.norm, axes=record.axes,
            weights=self._weights(name, record), labels=labels, notes=record.notes,
            receipt=record.receipt(), role=self._role(record.layer),
        )  # fmt: skip

    def of(self, role: str) -> list[AttentionMap]:
        """The maps of the layers that have this role, in order; none where no layer has."""
        return [self[layer] for layer in self.layers_of(role)]

    def layers_of(self, role: str) -> list[str]:
        """The names of those layers."""
        return [layer for layer in self.layers if self._role(layer) == role]

    def _role(self, layer: str) -> str:
        return self._roles.get(layer.partition(":")[0], "")

    def example(self, index: int) -> "Tape":
        """The same tape, looking at another example of the batch.

        Asking for a layer raises NoExample where it has no such example, and AmbiguousExample where nothing tells its rows apart.
        """
        if not 0 <= index < self.batch:
            raise NoExample(f"no example {index} in a batch of {self.batch}")
        return self._view(index, self._labels)

    def _weights(self, name: str, record: Record) -> Weights:
        if self._example is None:
            return record.example(record.held[0])
        if record.ambiguous:
            raise AmbiguousExample(
                f"layer {name}: nothing tells which of its rows are those of example {self._example}",
                "ask the tape itself for the map, which has all rows, or call the model with one example",
            )
        if self._example not in record.held:
            held = " and ".join(str(i) for i in record.held)
            raise NoExample(f"layer {name}: this call of it has no example {self._example}", f"it has {held}")
        return record.example(self._example)

    def labelled(self, layers: str = "*", **labels: tuple[str, ...]) -> "Tape":
        """The same tape, with names for the positions of some axes, in the layers that match a pattern with `*`."""
        return self._view(self._example, (*self._labels, (layers, labels)))

    def _view(self, example: int | None, labels: tuple[_Labels, ...]) -> "Tape":
        view = Tape(self._records, self._refused, self._roles, example, labels)
        view.seconds, view._parts = self.seconds, self._parts
        return view

    def _resolve(self, name: str) -> str:
        known = {**self._records, **self._refused}
        if name in known or name in self._parts:
            return name
        found = [layer for layer in known if layer.startswith(name)]
        if len(found) != 1:
            finding = f"{len(found)} layers begin with {name!r}" if found else f"no layer is called {name!r}"
            raise UnknownLayer(finding, f"recorded were {', '.join(found or self._records)}")
        return found[0]

    def _take(self, layer: str, make: Callable[[], Record]) -> None:
        """Keeps the record of a call, or why there is none: nothing is raised into the model that is watched.

        A layer that speaks again gets a numbered name: `attention`, `attention:1`, ...
        """
        calls = self._calls[layer]
        name = f"{layer}:{calls}" if calls else layer
        try:
            refuse_transformed(layer)
            self._keep(layer, name, make())
        except AttnvizError as error:
            self._refuse(layer, name, error)
        except Exception as error:
            self._take(layer, partial(refuse_unfollowed, layer, error))
        else:
            self._calls[layer] += 1

    def _refuse(self, layer: str, name: str, error: AttnvizError) -> None:
        """Without the frames that the error came through, which hold tensors and modules."""
        error.__cause__ = error.__context__ = None
        self._refused[name] = error.with_traceback(None)
        self._calls[layer] += 1

    def _keep(self, layer: str, name: str, record: Record) -> None:
        """As a record of its own, or as a step with a cache that joins the layer's last."""
        last = self._last.get(layer)
        one = None if last is None else joined(self._records[last], record, self._records.values())
        if last is not None and one is not None:
            self._records[last] = one
            self._parts[name] = (last, len(one.steps) - 1)
            return
        notes = (*record.notes, APART) if last is not None and looks_like_step(record) else record.notes
        self._records[name] = record if (name, notes) == (layer, record.notes) else replace(record, layer=name, notes=notes)
        self._last[layer] = name


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
    The model is never stopped: a layer whose map cannot be had stands in `tape.refused`, with what was found. Where no other was
    recorded, that is raised at the end of the block; NothingRecorded where there was none at all. Short calls of the fused kernel
    are copied and checked at the first look at their map: OutputMismatch comes from there, and ChangedInPlace where somebody wrote
    over query or key before it. A map that was looked at never changes.
    """
    parts = parts_of(model)
    roles = {name.removesuffix(".probe"): role for name, role in parts.with_own("role") if isinstance(role, str) and role}
    tape = Tape({}, {}, roles)
    choice = _Choice((layers,) if isinstance(layers, str) else tuple(layers), set())
    start = time.perf_counter()
    with ExitStack() as taps:
        token = _running.set((*_running.get(), id(tape)))
        taps.callback(_running.reset, token)
        take = _one_at_a_time(tape._take)
        for tap in TAPS:
            taps.enter_context(tap(parts, choice, lambda: id(tape) in _running.get(), take))
        taps.enter_context(threads(parts, choice, take, partial(_join, id(tape))))
        yield tape
    tape.seconds = time.perf_counter() - start
    refused_unseen(parts, choice, tape.layers, tape._take)
    if not tape.layers:
        raise next(iter(tape._refused.values()), None) or _nothing(model, choice)


def _join(tape: int) -> Callable[[], None]:
    """Lets the calls of this thread belong to a recording, until what it gives back is called."""
    token = _running.set((*_running.get(), tape))
    return lambda: _running.reset(token)


def _one_at_a_time(take: Emit) -> Emit:
    """For branches that end in several threads at once."""
    lock = RLock()

    def taken(layer: str, make: Callable[[], Record]) -> None:
        with lock:
            take(layer, make)

    return taken


def _nothing(model: nn.Module, choice: _Choice) -> NothingRecorded:
    if choice.seen:
        return NothingRecorded(
            f"no layer matching {', '.join(choice.patterns)} emitted attention",
            f"those that could are {', '.join(sorted(choice.seen))}",
        )
    return NothingRecorded(
        f"no layer of {type(model).__name__} emitted attention",
        "call the model inside the block; scores that are no product or sum of query and key (of location, of a learned context) "
        'need a Probe: self.probe = Probe("soft", "location", "softmax", ("query", "key")), weights = self.probe(weights)',
    )
