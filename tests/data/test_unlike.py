"""Pictures that nobody has learned from are the same wherever they are drawn, and no two of a kind are alike."""

import numpy as np
import pytest

from attnviz.data import unlike


@pytest.mark.parametrize("kind", unlike.KINDS)
def test_pictures_are_the_same_again_and_differ_among_themselves(kind: str) -> None:
    pictures, again = unlike.drawn(kind, 3), unlike.drawn(kind, 3)
    assert all(np.array_equal(one, other) for one, other in zip(pictures, again, strict=True))
    assert {each.shape for each in pictures} == {(448, 448, 3)}
    assert len({each.tobytes() for each in pictures}) == 3
