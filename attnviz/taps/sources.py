"""What is compared to tell self- from cross-attention: the tensors that were projected, and the places at which they stand."""

from typing import NamedTuple
from weakref import ref

from torch import Tensor, UntypedStorage

from attnviz.maps import Kind


class Memory(ref[UntypedStorage]):
    """The memory of tensors, held weakly, with what is known of it; another than any that gets its address later.

    `trace`: of what stands there, `source`: that of it which was projected last.
    """

    __slots__ = ("key", "source", "trace")

    key: int
    source: "Source | None"
    trace: "Trace | None"


class Source:
    """A tensor that was projected; `roots`: the sources that it comes from, position by position, or itself."""

    __slots__ = ("memory", "offset", "roots", "shape", "stride")

    def __init__(self, tensor: Tensor, memory: Memory, roots: "frozenset[Source]" = frozenset()) -> None:
        self.memory = memory
        self.offset, self.shape, self.stride = int(tensor.storage_offset()), tensor.shape, tensor.stride()
        self.roots = roots or frozenset((self,))

    def is_of(self, tensor: Tensor) -> bool:
        return self.offset == tensor.storage_offset() and self.shape == tensor.shape

    def beside(self, other: "Source") -> bool:
        """Whether both are parts of one tensor that have no number in common."""
        if self.memory is not other.memory or self.stride != other.stride:
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

    sources: frozenset[Source] = frozenset()
    kind: Kind | None = None
    last: bool = True
    width: int = 0
    tokens: int = 0
    roots: frozenset[Source] = frozenset()
    of_keys: frozenset[Source] = frozenset()
    memory: Memory | None = None
    laid: tuple[int, tuple[int, ...], tuple[int, ...]] | None = None
    key: "Trace | None" = None

    def with_places_of(self, other: "Trace") -> "Trace":
        """Of a sum of both."""
        sources, roots, kind = self.sources | other.sources, self.roots | other.roots, self.kind or other.kind
        return Trace(sources, kind, self.last, self.width, self.tokens, roots, self.of_keys, self.memory, self.laid, self.key)

    def turned(self) -> "Trace":
        """The same product, of which the second factor was the query."""
        return self if self.key is None else self.key._replace(kind=self.kind, of_keys=self.roots, key=self)

    def stood(self, offset: int) -> int:
        """Where a number of a copy stood in the projection."""
        if self.laid is None:
            return offset
        start, shape, stride = self.laid
        for size, step in zip(reversed(shape), reversed(stride), strict=True):
            offset, index = divmod(offset, size)
            start += index * step
        return start

    def rows_apart(self, query: Tensor, key: Tensor) -> bool:
        """Whether query and key, both of this memory, begin at the same feature of different tokens of one projection."""
        (of_query, one), (of_key, two) = (divmod(self.stood(int(part.storage_offset())), self.width) for part in (query, key))
        return one == two and of_query != of_key


NOTHING = Trace()


def any_same(of_query: Trace, of_key: Trace) -> bool:
    """Whether some query and some key come from the same places."""
    places = ((one, two) for one in of_query.sources or of_query.roots for two in of_key.sources or of_key.roots)
    return any(_same_places(one, two) for one, two in places)


def _same_places(query: Source, key: Source) -> bool:
    if query.memory is key.memory:
        return not query.beside(key)
    return all(any(_same_root(one, two) for two in query.roots) for one in key.roots)


def _same_root(one: Source, two: Source) -> bool:
    return one is two or (one.memory is two.memory and not one.beside(two))
