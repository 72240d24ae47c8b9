"""Public architectures in a few lines each, held against what they worked out themselves: `python -m benchmarks.truth --known`."""

import pytest

from benchmarks.truth.cases import known
from benchmarks.truth.known import KNOWN
from benchmarks.truth.run import judged


@pytest.mark.parametrize("name", KNOWN)
def test_a_public_architecture_is_recorded_exactly_or_refused(name: str) -> None:
    verdict = judged(lambda: known(name))
    assert verdict.outcome in ("exact", "refused"), str(verdict)
