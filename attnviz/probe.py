"""The window that a layer of attnviz opens on its attention."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

from torch import Tensor, nn

from attnviz.maps import Kind, Norm

# Weights, and what they multiply where the layer says so -> the weights that the layer goes on with.
Visit = Callable[[Tensor, Tensor | None], Tensor]


class Probe(nn.Module):
    """An identity whose output *is* the attention of its layer; `record` hooks it, and so can anyone.

    `axes` names the axes of the weights behind the batch, for example ("query", "key") or ("row", "column").
    `role` says what the numbers are for in their net, so that nobody has to know the names of its layers.
    It has no parameters, changes nothing unless somebody visits it, and costs a function call.
    """

    def __init__(self, kind: Kind, mechanism: str, norm: Norm, axes: tuple[str, ...], role: str = "") -> None:
        super().__init__()
        self.kind: Kind = kind
        self.mechanism = mechanism
        self.norm: Norm = norm
        self.axes = axes
        self.role = role

    def forward(self, weights: Tensor, of: Tensor | None = None) -> Tensor:
        """(batch, *axes) -> the very same tensor, or what visitors make of it. `of`: what the layer multiplies with it."""
        for visit in _visits.get().get(self, ()):
            weights = visit(weights, of)
        return weights

    def extra_repr(self) -> str:
        return f"{self.kind}, {self.mechanism}, {self.norm}, axes={self.axes}"


_visits: ContextVar[Mapping[Probe, tuple[Visit, ...]]] = ContextVar("visits", default=MappingProxyType({}))


@contextmanager
def visited(visits: Mapping[Probe, Visit]) -> Iterator[None]:
    """Probes call their visit in the calls made inside the block, in this thread; after the visits of blocks around it."""
    before = _visits.get()
    token = _visits.set({**before, **{probe: (*before.get(probe, ()), visit) for probe, visit in visits.items()}})
    try:
        yield
    finally:
        _visits.reset(token)


def probes_of(model: nn.Module) -> dict[str, Probe]:
    """The probes of a model by the name of their layer, as a tape has it."""
    return {name.removesuffix(".probe"): module for name, module in model.named_modules() if isinstance(module, Probe)}
