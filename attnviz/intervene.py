"""What if a layer had attended otherwise: `with intervene(model, {layer: change}): model(...)`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from torch import Tensor, nn

from attnviz.errors import ChangeError, NothingRecorded, UnknownLayer
from attnviz.maps import check_promise
from attnviz.probe import Probe, Visit, probes_of, visited
from attnviz.weights import Floats

# (batch, *axes) -> the same shape; or place behind the batch -> the number to be set there.
Setting = Mapping[int, float] | Mapping[tuple[int, ...], float]
Change = Callable[[Tensor], Tensor] | Setting


@contextmanager
def intervene(model: nn.Module, changes: Mapping[str, Change]) -> Iterator[None]:
    """The layers named use changed weights in the calls made inside the block, in this thread; nothing is written on the model.

    A change is a function of the weights, (batch, *axes) -> the same shape, or a mapping such as {3: 0.0, 17: 1.0}, which sets
    the gates of channels 3 and 17. It holds for every call of the layer. Recorded are the changed weights, with a note.
    Layers are named as on a tape, or by the only beginning. Raises UnknownLayer for a layer without a probe, as those of other
    libraries are; ChangeError for a change of another shape, a place that is not there, or a layer that never ran;
    PromiseBroken for weights that no longer keep their norm.
    """
    probes, ran = probes_of(model), set[str]()
    named = {_found(name, probes): change for name, change in changes.items()}
    if len(named) < len(changes):
        raise ChangeError(f"two changes are for one layer: {', '.join(changes)}", "make them one")
    with visited({probes[layer]: _changing(layer, probes[layer], change, ran) for layer, change in named.items()}):
        yield
    if missed := [layer for layer in named if layer not in ran]:
        raise ChangeError(f"layer {', '.join(missed)} never ran, so nothing was changed", "call the model inside the block")


@dataclass(frozen=True)
class Gated:
    """What the channel gates of one layer multiplied: `before` (channel, row, column), and `gates` (channel,)."""

    before: Floats
    gates: Floats

    @property
    def after(self) -> Floats:
        """(channel, row, column), what the layer went on with."""
        return self.before * self.gates[:, None, None]


@contextmanager
def gated(model: nn.Module, layers: Sequence[str]) -> Iterator[dict[str, Gated]]:
    """Keeps the feature maps behind the channel gates of the layers named, of the first example of the last call in the block.

    Only in this thread. Raises UnknownLayer as `intervene` does, and NothingRecorded where a layer never ran or does not say
    what its weights multiply.
    """
    probes, kept = probes_of(model), dict[str, Gated]()
    named = [_found(name, probes) for name in layers]
    with visited({probes[layer]: _keeping(layer, kept) for layer in named}):
        yield kept
    if missed := [layer for layer in named if layer not in kept]:
        raise NothingRecorded(
            f"layer {', '.join(missed)} showed no feature maps behind channel gates", "call the model inside the block"
        )


def changeable(model: nn.Module) -> tuple[str, ...]:
    """Names of the layers that `intervene` can change: those of attnviz, wherever they stand."""
    return tuple(probes_of(model))


def _keeping(layer: str, kept: dict[str, Gated]) -> Visit:
    def visit(weights: Tensor, of: Tensor | None) -> Tensor:
        if of is not None and weights.ndim == 2 and of.ndim == 4:
            before, gates = (tensor[0].detach().to("cpu", copy=True).float().numpy() for tensor in (of, weights))
            kept[layer] = Gated(before, gates)
        return weights

    return visit


def _changing(layer: str, probe: Probe, change: Change, ran: set[str]) -> Visit:
    made = change if callable(change) else _setting(layer, change)

    def visit(weights: Tensor, _: Tensor | None) -> Tensor:
        changed = made(weights.clone())
        if not isinstance(changed, Tensor) or changed.shape != weights.shape:
            found = tuple(changed.shape) if isinstance(changed, Tensor) else type(changed).__name__
            raise ChangeError(f"layer {layer}: weights of shape {tuple(weights.shape)} were changed to {found}", "keep the shape")
        check_promise(changed.detach().cpu().float().numpy(), ("batch", *probe.axes), probe.norm, layer)
        ran.add(layer)
        return changed.to(weights)

    return visit


def _setting(layer: str, values: Setting) -> Callable[[Tensor], Tensor]:
    def change(weights: Tensor) -> Tensor:
        for place, value in values.items():
            index: tuple[int, ...] = place if isinstance(place, tuple) else (place,)
            sizes = weights.shape[1:]
            if len(index) != len(sizes) or not all(0 <= i < size for i, size in zip(index, sizes, strict=True)):
                raise ChangeError(f"layer {layer}: no place {place}", f"places are below {' x '.join(map(str, sizes))}")
            weights.movedim(0, -1)[index] = value
        return weights

    return change


def _found(name: str, probes: Mapping[str, Probe]) -> str:
    """The layer of this name, or the only one that begins with it."""
    if name in probes:
        return name
    found = [layer for layer in probes if layer.startswith(name)]
    if len(found) != 1:
        finding = f"{len(found)} layers begin with {name!r}" if found else f"no layer called {name!r} can be changed"
        there = ", ".join(found or probes)
        raise UnknownLayer(finding, f"those that can are {there}" if there else "this model has no layers of attnviz")
    return found[0]


__all__ = ["Change", "Gated", "changeable", "gated", "intervene"]
