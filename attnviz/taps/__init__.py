"""Windows into layers: each tap is a context that hands what it sees to `emit`; TAPS are all of them."""

from attnviz.taps.base import Emit, Record, Tap
from attnviz.taps.probes import probes
from attnviz.taps.sdpa import sdpa

TAPS: tuple[Tap, ...] = (probes, sdpa)

__all__ = ["TAPS", "Emit", "Record", "Tap", "probes", "sdpa"]
