"""All gates of the fuzzer."""

from collections.abc import Callable

from benchmarks.truth.draw import Draw
from benchmarks.truth.gate import Gate
from benchmarks.truth.odd_gates import Coordinates, Grouped, LastChannel, OneAxis, Turned, Volume
from benchmarks.truth.plain_gates import Cbam, Efficient, Places, SqueezeExcitation

GATES: dict[str, Callable[[Draw, int], Gate]] = {
    "squeeze-excitation": SqueezeExcitation,
    "ECA": Efficient,
    "CBAM": Cbam,
    "places": Places,
    "grouped": Grouped,
    "turned": Turned,
    "coordinates": Coordinates,
    "channels last": LastChannel,
    "one axis": OneAxis,
    "volume": Volume,
}
