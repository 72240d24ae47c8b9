"""Public architectures in a few lines each, which tell what they worked out as the random modules do."""

from benchmarks.truth.known import channels, crossing, heads, recurrent, sparse, windows
from benchmarks.truth.known.base import Known

KNOWN: dict[str, Known] = {
    **windows.KNOWN, **crossing.KNOWN, **heads.KNOWN, **sparse.KNOWN, **channels.KNOWN, **recurrent.KNOWN,
}  # fmt: skip
