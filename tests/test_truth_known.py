"""Public architectures in a few lines each, held against what they worked out themselves: `python -m benchmarks.truth --known`."""

import pytest

from benchmarks.truth.cases import known
from benchmarks.truth.known import KNOWN
from benchmarks.truth.run import judged

# Architectures that attnviz does not take as it should yet; each may go as soon as it does, and none may come.
NOT_YET: frozenset[str] = frozenset(
    {
        "DINO's crops", "DINO's crops, fused", "halo", "set transformer, heads in the batch", "set transformer, one set of four",
        "CLIP, three texts and a photo", "CLIP, four texts and two photos", "CLIP, two texts and four photos, fused",
        "photos in turn", "photos in turn, three", "heads first in the batch, as many as tokens",
        "batch first, as many as tokens", "Nystromformer", "non-local, pooled",
    }
)  # fmt: skip


@pytest.mark.parametrize("name", [name for name in KNOWN if name not in NOT_YET])
def test_a_public_architecture_is_recorded_exactly_or_refused(name: str) -> None:
    verdict = judged(lambda: known(name))
    assert verdict.outcome in ("exact", "refused"), str(verdict)
