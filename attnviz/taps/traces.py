"""Where tensors come from: enough to tell self- from cross-attention, and scores from any other numbers.

Followed by memory, so that views, transposed or split, need no attention of their own. A projection starts a trace anew; sums,
products with numbers, norms and copies carry it on.
"""

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from attnviz.maps import Kind
from attnviz.taps.followed import tensors
from attnviz.taps.sources import NOTHING, Memory, Source, Trace, any_same

SEVERAL = 8


class Traces:
    """What is known of the tensors of one recording."""

    def __init__(self) -> None:
        known: dict[int, Memory] = {}  # by `id` of the memory, for as long as that is there
        self._known = known
        self._asked: dict[str, frozenset[Source]] = {}
        self._forget = lambda memory: known.pop(memory.key, None)

    def let_go(self) -> None:
        self._known.clear()

    def of(self, tensor: Tensor) -> Trace | None:
        memory = self._seen(tensor)
        return None if memory is None else memory.trace

    def projected(self, output: Any, source: Tensor, last: bool = True) -> None:
        if not isinstance(output, Tensor):
            return
        before = self.of(source)
        if before is not None and before.kind is not None and output.ndim == 4 and sorted(output.shape) == sorted(source.shape):
            return self._note(output, before)  # heads that talk before the softmax
        found, memory = self._source(source, before), self._memory(output)
        if found is None or memory is None:
            return
        shape = output.shape
        width = shape[-1 if last else 1] if len(shape) > 1 else 0
        tokens = shape.numel() // width if width and len(shape) == source.ndim else 0  # else heads may be apart already
        roots = found.roots if last or shape[2:] == source.shape[2:] else frozenset((Source(output, memory),))
        memory.trace = Trace(frozenset((found,)), None, last, width, tokens, roots, memory=memory if last else None)

    def carried(self, output: Any, inputs: Sequence[Any]) -> None:
        found = [trace for tensor in tensors(inputs) if (trace := self.of(tensor)) is not None]
        if not found:
            return self.through(output, inputs)
        first = found[0]
        for other in found:
            first = first if other is first else first.with_places_of(other)
        self._note(output, first)

    def copied(self, output: Any, source: Any) -> None:
        """As carried, and where each number stood in the projection stays known; a copy of what is not known has its root."""
        if output is source or not (isinstance(output, Tensor) and isinstance(source, Tensor)):
            return
        place, memory = self._seen(source), self._memory(output)
        if memory is None or place is memory:
            return
        trace = None if place is None else place.trace
        if trace is None:
            return self.normed(output, source) if not _share(output, source) else None
        if trace.memory is not None and trace.laid is None and trace.memory is place and output.is_contiguous():
            trace = trace._replace(memory=memory, laid=(int(source.storage_offset()), tuple(source.shape), source.stride()))
        memory.trace = trace

    def through(self, output: Any, inputs: Sequence[Any]) -> None:
        """What any other function gives stands at the places of all numbers that it got, parameters left out."""
        outputs = [one for one in tensors((output,)) if self.of(one) is None and one.is_floating_point()]
        if not outputs:
            return
        given = [tensor for tensor in tensors(inputs) if not tensor.is_leaf or not tensor.requires_grad]
        numbers = [tensor for tensor in given if tensor.is_floating_point()] or given
        roots = frozenset().union(*(self._roots(tensor) for tensor in numbers))
        if roots:
            for one in outputs:
                if not any(_share(one, tensor) for tensor in given):
                    self._note(one, Trace(roots=roots))

    def _roots(self, tensor: Tensor) -> frozenset[Source]:
        """Of a tensor of which nothing is known: itself."""
        trace = self.of(tensor)
        if trace is not None and (trace.roots or trace.sources):
            return trace.roots or trace.sources
        found = self._source(tensor, None)
        return frozenset() if found is None else found.roots

    def normed(self, output: Any, source: Any) -> None:
        """As carried; two norms or pools of one tensor have that in common, also where nothing is known of it."""
        if not isinstance(source, Tensor):
            return self.carried(output, (source,))
        trace = self.of(source)
        if trace is None and (found := self._source(source, None)) is not None:
            trace = Trace(roots=found.roots)
        if trace is not None:
            self._note(output, trace)

    def recurred(self, output: Any, source: Any) -> None:
        """States stand where their inputs stand, whatever the first state came from; the last state stands nowhere."""
        states, *last = tensors((output,))
        self.normed(states, source)
        for one in last:
            if (memory := self._memory(one)) is not None:
                memory.trace = Trace(roots=frozenset((Source(one, memory),)))

    def concatenated(self, output: Any, inputs: Sequence[Any]) -> None:
        """As carried, but parts of which nothing is known bring places of their own."""
        parts = tensors(inputs)
        self.carried(output, parts)
        unknown = [self._source(part, None) for part in parts if self.of(part) is None]
        if unknown and (trace := self.of(output)) is not None:
            self._note(output, trace._replace(roots=trace.roots.union(*(source.roots for source in unknown if source))))

    def multiplied(self, output: Any, query: Tensor, key: Tensor) -> None:
        """Scores: of the places of the query."""
        kind = self.kind(query, key, same_length=output.shape[-1] == output.shape[-2])
        before, of_key = self.of(query) or NOTHING, self.of(key) or NOTHING
        self._note(output, before._replace(kind=kind, of_keys=of_key.roots, key=of_key))

    def attended(self, output: Any, query: Tensor) -> None:
        """What attention gives stands at the places of the query, and of nothing else: values add none of theirs."""
        self.placed(output, self.of(query))

    def placed(self, output: Any, trace: Trace | None) -> None:
        """Stands at the places of a query of this trace."""
        if trace is not None:
            self._note(output, trace if trace.kind is None else trace._replace(kind=None))

    def kind(self, query: Tensor, key: Tensor, same_length: bool) -> Kind:
        """ "self" where query and key come from the same places; by length where neither has memory, as inside vmap."""
        one, two = self._memory(query), self._memory(key)
        if one is None or two is None:
            return "self" if same_length and query.ndim == key.ndim else "soft"
        of_query, of_key = one.trace, two.trace
        if one is two:
            known = of_query is not None and of_query.width and of_query.memory is one
            return "soft" if known and of_query.rows_apart(query, key) else "self"  # type: ignore[union-attr]
        of_query, of_key = of_query or Trace(roots=self._roots(query)), of_key or Trace(roots=self._roots(key))
        if of_query.sources & of_key.sources:
            if len(of_key.sources) > SEVERAL:  # a cache: each step added one
                two.trace = of_key._replace(sources=of_query.sources, roots=of_query.roots)
            return "self"
        return "self" if any_same(of_query, of_key) else "soft"

    def of_layer(self, layer: str, kind: Kind, of_query: Trace | None, of_keys: frozenset[Source]) -> Kind:
        """The kind, where keys may also stand at places that this layer asked from before, beside those of now: in a cache."""
        if of_query is None:
            return kind
        before = self._asked.get(layer, frozenset())
        self._asked[layer] = before | of_query.roots
        cached = of_keys & before and of_keys & of_query.roots and of_keys <= self._asked[layer]
        return "self" if cached else kind

    def _source(self, tensor: Tensor, trace: Trace | None) -> Source | None:
        memory = self._memory(tensor)
        if memory is None:
            return None
        known = memory.source
        roots = frozenset() if trace is None else trace.roots
        if known is None or not known.is_of(tensor) or (roots and roots != known.roots):
            known = memory.source = Source(tensor, memory, roots)
        return known

    def _note(self, output: Any, trace: Trace) -> None:
        if isinstance(output, Tensor) and (memory := self._memory(output)) is not None:
            memory.trace = trace

    def _seen(self, tensor: Tensor) -> Memory | None:
        """None where nothing is known, or where a tensor has no memory that could be asked for, as inside vmap."""
        try:
            return self._known.get(id(tensor.untyped_storage()))
        except (NotImplementedError, RuntimeError):
            return None

    def _memory(self, tensor: Tensor) -> Memory | None:
        try:
            storage = tensor.untyped_storage()
        except (NotImplementedError, RuntimeError):
            return None
        key = id(storage)
        memory = self._known.get(key)
        if memory is None:
            memory = self._known[key] = Memory(storage, self._forget)
            memory.key, memory.source, memory.trace = key, None, None
        return memory


def _share(one: Tensor, other: Tensor) -> bool:
    """Whether both are of the same memory."""
    try:
        return one.untyped_storage() is other.untyped_storage()
    except (NotImplementedError, RuntimeError):
        return False
