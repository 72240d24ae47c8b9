"""The tap on layers of attnviz: a forward hook on each probe, for as long as the recording lasts."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import Tensor, nn

from attnviz.maps import Receipt, check_promise
from attnviz.probe import Probe
from attnviz.taps.base import Emit, Record, Wanted, precision_of
from attnviz.taps.parts import Parts
from attnviz.weights import Dense


@contextmanager
def probes(parts: Parts, wanted: Wanted, ours: Callable[[], bool], emit: Emit) -> Iterator[None]:
    """Emits what the probes among the parts pass on in calls that are `ours`; other threads' calls go by unseen."""
    with ExitStack() as hooks:
        for name, module in parts.modules.items() if parts.of_class(Probe) else ():
            layer = name.removesuffix(".probe")
            if isinstance(module, Probe) and wanted(layer):
                hook = _listener(layer, ours, emit)
                hooks.callback(module.register_forward_hook(hook).remove)
        yield


def _listener(layer: str, ours: Callable[[], bool], emit: Emit) -> Callable[[nn.Module, Any, Tensor], None]:
    def listen(probe: nn.Module, given: tuple[Tensor, ...], weights: Tensor) -> None:
        if ours() and isinstance(probe, Probe):
            emit(layer, lambda: _record(layer, probe, weights, () if weights is given[0] else _changed(given[0], weights)))

    return listen


def _changed(before: Tensor, weights: Tensor) -> tuple[str, ...]:
    """That somebody intervened, in a sentence."""
    count, whole = int((before != weights).sum()), " of the whole batch" if len(weights) > 1 else ""
    return (f"{count:,} of {weights.numel():,} numbers{whole} were set by hand, and the layer went on with them.",)


def _record(layer: str, probe: Probe, weights: Tensor, notes: tuple[str, ...]) -> Record:
    """Copies the weights, so that nothing that happens later can change them."""
    start = time.perf_counter()
    kept = weights.detach().to("cpu", copy=True).float().numpy()
    precision = precision_of(weights)
    error = check_promise(kept, ("batch", *probe.axes), probe.norm, layer, precision)
    receipt = Receipt(
        layer=layer, how="probe of the layer", backend_before="attnviz layer", backend_during="attnviz layer",
        row_sum_error=error, output_error=None, seconds=time.perf_counter() - start, bytes=kept.nbytes, precision=precision,
    )  # fmt: skip
    return Record(
        layer=layer, kind=probe.kind, mechanism=probe.mechanism, norm=probe.norm, axes=probe.axes,
        held=tuple(range(len(kept))), example=lambda i: Dense(kept[i]), receipt=lambda: receipt, notes=notes,
    )  # fmt: skip
