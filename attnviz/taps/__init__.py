"""Windows into layers: each tap is a context that hands what it sees to `emit`; TAPS are all of them."""

from attnviz.taps.base import Emit, Record, Refusal, Tap
from attnviz.taps.calls import calls
from attnviz.taps.probes import probes

TAPS: tuple[Tap, ...] = (probes, calls)

__all__ = ["TAPS", "Emit", "Record", "Refusal", "Tap", "calls", "probes"]
