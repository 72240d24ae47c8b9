"""Where tensors come from: enough to tell self- from cross-attention, and scores from any other numbers.

Followed by memory, so that views, transposed or split, need no attention of their own. A projection starts a trace anew; sums,
products with numbers, norms and copies carry it on. torch gives the address of memory that was let go to the next tensor, so what
is compared is held weakly: that keeps the identity of the memory, and not its numbers.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef
from torch.nn import functional as F

from attnviz.maps import Kind

REMEMBERED = 4096
SEVERAL = 8


def variants(*names: str) -> frozenset[Any]:
    """Every function of torch, of tensors and of torch.nn.functional that has one of these names."""
    rooms = (torch, Tensor, F)
    return frozenset(getattr(room, name) for room in rooms for name in names if hasattr(room, name))


PROJECTIONS, CONVOLUTIONS = variants("linear"), variants("conv1d", "conv2d", "conv3d")
SUMS_WITH_PROJECTIONS = variants("addmm")
CONCATENATIONS = variants("cat", "concat", "concatenate")
NORMS = variants("layer_norm", "rms_norm", "normalize")
COPIES = variants("contiguous", "clone", "reshape", "flatten")
# torch.nn.GRU and its kin ask torch._VF, which is the same room by another name
RECURRENT = variants("gru", "lstm", "rnn_tanh", "rnn_relu", "gru_cell", "lstm_cell", "rnn_tanh_cell", "rnn_relu_cell")
POOLS = variants(
    *(f"{kind}_pool{axes}d" for kind in ("avg", "max", "adaptive_avg", "adaptive_max", "lp") for axes in (1, 2, 3)),
    "mean", "amax", "interpolate", "unfold", "pixel_shuffle", "pixel_unshuffle",
)  # fmt: skip
CARRIES = variants(
    "add", "add_", "sub", "sub_", "mul", "mul_", "div", "div_", "true_divide", "neg", "where", "masked_fill", "masked_fill_",
    "tanh", "clamp", "clamp_min", "clamp_max", "max", "maximum", "to", "float", "half", "bfloat16", "double", "type_as",
    "stack", "repeat", "repeat_interleave", "index_select",
    "index_copy_", "roll", "gather", "tril", "pad", "dropout", "gelu", "relu", "silu",
    "copy_",
)  # fmt: skip


class Source:
    """A tensor that was projected; `roots`: the sources that it comes from, position by position."""

    __slots__ = ("memory", "offset", "roots", "shape", "stride")

    def __init__(self, tensor: Tensor, roots: "frozenset[Source]") -> None:
        self.memory = _held(tensor)
        self.offset, self.shape, self.stride = int(tensor.storage_offset()), tensor.shape, tensor.stride()
        self.roots = roots or frozenset((self,))

    def is_of(self, tensor: Tensor) -> bool:
        return self.offset == tensor.storage_offset() and self.shape == tensor.shape

    def beside(self, other: "Source") -> bool:
        """Whether both are parts of one tensor that have no number in common."""
        if self.memory.cdata != other.memory.cdata or self.stride != other.stride:
            return False
        first, second = sorted((self, other), key=lambda source: source.offset)
        left = second.offset - first.offset
        axes: list[tuple[int, int]] = sorted(zip(first.stride, first.shape, strict=True), reverse=True)
        for stride, size in axes:
            steps, left = divmod(left, stride) if stride else (0, left)
            if steps >= size:
                return True
        return False


class Trace(NamedTuple):
    """`sources`: what was projected into this tensor. `kind`: set where it is a query-key product.

    `last`: whether the projection was along the last axis; `width`: how many numbers it gave, for each of `tokens`.
    `roots`: those of all sources; `of_keys`: for a product, those of its keys, of which `key` is. `memory`: what the projection
    wrote to, or a copy of it; the numbers of that stood at an offset, in a shape and with strides before: `laid`.
    """

    sources: frozenset[Source]
    kind: Kind | None = None
    last: bool = True
    width: int = 0
    tokens: int = 0
    roots: frozenset[Source] = frozenset()
    of_keys: frozenset[Source] = frozenset()
    memory: StorageWeakRef | None = None
    laid: tuple[int, tuple[int, ...], tuple[int, ...]] | None = None
    key: "Trace | None" = None

    def turned(self) -> "Trace":
        """The same product, of which the second factor was the query."""
        return self if self.key is None else self.key._replace(kind=self.kind, of_keys=self.roots, key=self)


NOTHING = Trace(frozenset())


class Traces:
    """What is known of the tensors of one recording."""

    def __init__(self) -> None:
        self._of: dict[int, tuple[Trace, StorageWeakRef]] = {}
        self._sources: dict[int, Source] = {}
        self._asked: dict[str, frozenset[Source]] = {}

    def of(self, tensor: Tensor) -> Trace | None:
        found = self._of.get(_memory(tensor))
        return None if found is None else found[0]

    def projected(self, output: Any, source: Tensor, last: bool = True) -> None:
        if not isinstance(output, Tensor):
            return
        before = self.of(source)
        if before is not None and before.kind is not None and output.ndim == 4 and sorted(output.shape) == sorted(source.shape):
            return self._put(output, before)  # heads that talk before the softmax
        found = self._source(source, before)
        if found is None:
            return
        width = output.shape[-1 if last else 1] if output.ndim > 1 else 0
        tokens = output.numel() // width if width and output.ndim == source.ndim else 0  # else heads may be apart already
        same_places = last or output.shape[2:] == source.shape[2:]
        roots = found.roots if same_places else frozenset((Source(output, frozenset()),))
        memory = _held(output) if last and _memory(output) else None
        self._put(output, Trace(frozenset((found,)), None, last, width, tokens, roots, memory=memory))

    def carried(self, output: Any, inputs: Sequence[Any]) -> None:
        found = [trace[0] for tensor in tensors(inputs) if (trace := self._of.get(_memory(tensor))) is not None]
        if not found:
            return self.through(output, inputs)
        first = found[0]
        if any(trace is not first for trace in found):
            kinds = [trace.kind for trace in found if trace.kind is not None]
            sources, roots = (frozenset().union(*(getattr(trace, part) for trace in found)) for part in ("sources", "roots"))
            first = first._replace(sources=sources, roots=roots, kind=kinds[0] if kinds else None)
        self._put(output, first)

    def copied(self, output: Any, source: Any) -> None:
        """As carried, and where each number stood in the projection stays known; a copy of what is not known has its root."""
        if not (isinstance(output, Tensor) and isinstance(source, Tensor)):
            return
        trace, place = self.of(source), _memory(source)
        if trace is None:
            return self.normed(output, source) if place != _memory(output) else None
        if (
            trace.memory is not None
            and trace.laid is None
            and trace.memory.cdata == place != _memory(output)
            and output.is_contiguous()
        ):
            laid = int(source.storage_offset()), tuple(source.shape), source.stride()
            trace = trace._replace(memory=_held(output), laid=laid)
        self._put(output, trace)

    def through(self, output: Any, inputs: Iterable[Any]) -> None:
        """What any other function gives stands at the places of all numbers that it got, parameters left out."""
        outputs = [one for one in tensors((output,)) if self.of(one) is None and one.is_floating_point()]
        if not outputs:
            return
        given = [tensor for tensor in tensors(inputs) if not tensor.is_leaf or not tensor.requires_grad]
        memories = {_memory(tensor) for tensor in given}
        numbers = [tensor for tensor in given if tensor.is_floating_point()] or given
        roots = frozenset().union(*(self._roots(tensor) for tensor in numbers))
        for one in outputs:
            if roots and _memory(one) not in memories:
                self._put(one, Trace(frozenset(), roots=roots))

    def _roots(self, tensor: Tensor) -> "frozenset[Source]":
        """Of a tensor of which nothing is known: itself."""
        trace = self.of(tensor)
        if trace is not None and (trace.roots or trace.sources):
            return trace.roots or trace.sources
        found = self._source(tensor, None)
        return frozenset() if found is None else found.roots

    def normed(self, output: Any, source: Any) -> None:
        """As carried; two norms or pools of one tensor have that in common, also where nothing is known of it."""
        if isinstance(source, Tensor) and self.of(source) is None and (found := self._source(source, None)) is not None:
            self._put(output, Trace(frozenset(), roots=found.roots))
        else:
            self.carried(output, (source,))

    def recurred(self, output: Any, source: Any) -> None:
        """States stand where their inputs stand, whatever the first state came from; the last state stands nowhere."""
        states, *last = tensors((output,))
        self.normed(states, source)
        for one in last:
            self._put(one, Trace(frozenset(), roots=frozenset((Source(one, frozenset()),))))

    def concatenated(self, output: Any, inputs: Sequence[Any]) -> None:
        """As carried, but parts of which nothing is known bring places of their own."""
        parts = list(tensors(inputs))
        self.carried(output, parts)
        unknown = [self._source(part, None) for part in parts if self.of(part) is None]
        if unknown and (trace := self.of(output)) is not None:
            self._put(output, trace._replace(roots=trace.roots.union(*(source.roots for source in unknown if source))))

    def multiplied(self, output: Any, query: Tensor, key: Tensor) -> None:
        """Scores: of the places of the query."""
        kind = self.kind(query, key, same_length=output.shape[-1] == output.shape[-2])
        before, of_key = self.of(query) or NOTHING, self.of(key) or NOTHING
        self._put(output, before._replace(kind=kind, of_keys=of_key.roots, key=of_key))

    def attended(self, output: Any, query: Tensor) -> None:
        """What attention gives stands at the places of the query, and of nothing else: values add none of theirs."""
        self.placed(output, self.of(query))

    def placed(self, output: Any, trace: Trace | None) -> None:
        """Stands at the places of a query of this trace."""
        if trace is not None:
            self._put(output, trace._replace(kind=None))

    def kind(self, query: Tensor, key: Tensor, same_length: bool) -> Kind:
        """ "self" where query and key come from the same places; by length where neither has memory, as inside vmap."""
        of_query, of_key = self.of(query), self.of(key)
        if 0 != _memory(query) == _memory(key):
            return "soft" if of_query is not None and _rows_apart(of_query, query, key) else "self"
        if not _memory(query) or not _memory(key):
            return "self" if same_length and query.ndim == key.ndim else "soft"
        of_query, of_key = (
            Trace(frozenset(), roots=self._roots(tensor)) if trace is None else trace
            for tensor, trace in ((query, of_query), (key, of_key))
        )
        if of_query.sources & of_key.sources:
            if len(of_key.sources) > SEVERAL:  # a cache: each step added one
                self._put(key, of_key._replace(sources=of_query.sources, roots=of_query.roots))
            return "self"
        return "self" if _any_same(of_query, of_key) else "soft"

    def of_layer(self, layer: str, kind: Kind, of_query: Trace | None, of_keys: frozenset[Source]) -> Kind:
        """The kind, where keys may also stand at places that this layer asked from before, beside those of now: in a cache."""
        if of_query is None:
            return kind
        before = self._asked.get(layer, frozenset())
        self._asked[layer] = before | of_query.roots
        cached = of_keys & before and of_keys & of_query.roots and of_keys <= self._asked[layer]
        return "self" if cached else kind

    def _source(self, tensor: Tensor, trace: Trace | None) -> Source | None:
        place = _memory(tensor)
        if not place:
            return None
        known = self._sources.get(place)
        roots = frozenset() if trace is None else trace.roots
        if known is None or not known.is_of(tensor) or (roots and roots != known.roots):
            if len(self._sources) >= REMEMBERED:
                self._sources = dict(list(self._sources.items())[REMEMBERED // 2 :])
            known = self._sources[place] = Source(tensor, roots)
        return known

    def _put(self, output: Any, trace: Trace) -> None:
        if not isinstance(output, Tensor):
            return
        if len(self._of) >= REMEMBERED:
            self._of = dict(list(self._of.items())[REMEMBERED // 2 :])
        place = _memory(output)
        known = self._of.get(place)
        if place and (known is None or known[0] is not trace):
            self._of.pop(place, None)
            self._of[place] = (trace, _held(output) if known is None else known[1])


def _rows_apart(trace: Trace, query: Tensor, key: Tensor) -> bool:
    """Whether query and key begin at the same feature of different tokens of one projection."""
    if trace.memory is None or not trace.width or trace.memory.cdata != _memory(query):
        return False
    (of_query, one), (of_key, two) = (divmod(_stood(trace, int(part.storage_offset())), trace.width) for part in (query, key))
    return one == two and of_query != of_key


def _stood(trace: Trace, offset: int) -> int:
    """Where a number of a copy stood in the projection."""
    if trace.laid is None:
        return offset
    start, shape, stride = trace.laid
    for size, step in zip(reversed(shape), reversed(stride), strict=True):
        offset, index = divmod(offset, size)
        start += index * step
    return start


def _any_same(of_query: Trace, of_key: Trace) -> bool:
    places = ((one, two) for one in of_query.sources or of_query.roots for two in of_key.sources or of_key.roots)
    return any(_same_places(one, two) for one, two in places)


def _same_places(query: Source, key: Source) -> bool:
    if query.memory.cdata == key.memory.cdata:
        return not query.beside(key)
    return all(any(_same_root(one, two) for two in query.roots) for one in key.roots)


def _same_root(one: Source, two: Source) -> bool:
    return one is two or (one.memory.cdata == two.memory.cdata and not one.beside(two))


def tensors(values: Iterable[Any]) -> Iterator[Tensor]:
    """Those among arguments, and in lists among them."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from (item for item in value if isinstance(item, Tensor))


def _held(tensor: Tensor) -> StorageWeakRef:
    return StorageWeakRef(tensor.untyped_storage())  # type: ignore[no-untyped-call]


def _memory(tensor: Tensor) -> int:
    """Which memory a tensor is of; 0 where it has none that can be asked for, as inside vmap."""
    try:
        return tensor.untyped_storage()._cdata
    except (NotImplementedError, RuntimeError):
        return 0
