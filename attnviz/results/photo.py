"""What a model decided about a photo."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from glob import escape
from typing import cast

from attnviz.encode import EncodedImage, Patches
from attnviz.maps import AttentionMap
from attnviz.record import Tape
from attnviz.results.base import Prediction, Run

SIDES = ("query", "key")


@dataclass(frozen=True, kw_only=True)
class PhotoResult(Prediction):
    """A decision about a photo. `patches`: number of positions -> how they stand for places of the photo."""

    encoded: EncodedImage
    patches: Mapping[int, Patches] = field(default_factory=dict)

    @classmethod
    def of(cls, run: Run) -> "PhotoResult":
        """The result of a pass."""
        encoded = cast(EncodedImage, run.encoded)
        patches = run.net.patches(encoded, {m.size(axis) for m in run.tape for axis in SIDES if axis in m.axes})
        return cls(
            card=run.net.card, net=run.net, encoded=encoded, tape=_named(run.tape, patches), seconds=run.seconds, seed=run.seed,
            patches=patches,
            **asdict(run.net.decide(run.outputs, encoded)),
        )  # fmt: skip

    def grid(self, m: AttentionMap, axis: str = "key") -> Patches | None:
        """How an axis of one of the maps lies over the photo; None where it does not."""
        return self.patches.get(m.size(axis)) if axis in m.axes else None

    @property
    def put_in(self) -> str:
        """The size of the photo, and of what is seen of it."""
        (rows, columns), (height, width) = self.encoded.photo.shape[:2], self.encoded.input.shape[:2]
        return f"a photo of {columns:,} x {rows:,} pixels, seen at {width} x {height}"


def _named(tape: Tape, patches: Mapping[int, Patches]) -> Tape:
    """With the places of the photo for which positions stand, layer by layer."""
    for m in tape:
        sides = {axis: patches[m.size(axis)].names for axis in SIDES if axis in m.axes and m.size(axis) in patches}
        tape = tape.labelled(escape(m.layer), **sides)
    return tape
