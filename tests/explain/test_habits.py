"""Habits of heads, worked out by hand."""

import numpy as np
import pytest

from attnviz.explain.habits import HABITS, habits

SPECIAL = (True, False, False, True)
WEIGHTS = np.array([
    [1.0, 0.0, 0.0, 0.0],  # a special token's row says nothing
    [0.5, 0.25, 0.0, 0.25],
    [0.0, 1.0, 0.0, 0.0],
    [0.0, 0.0, 1.0, 0.0],
], dtype=np.float32)  # fmt: skip


def test_habits_are_means_over_the_rows_of_words() -> None:
    found = habits(WEIGHTS, SPECIAL)
    assert tuple(found) == HABITS
    assert found["previous"] == pytest.approx((0.5 + 1) / 2)
    assert found["same"] == pytest.approx((0.25 + 0) / 2)
    assert found["special"] == pytest.approx((0.75 + 0) / 2)
    assert found["distance"] == pytest.approx((0.5 * 1 + 0.25 * 2 + 1 * 1) / 2)
    assert found["spread"] == pytest.approx((2 ** (0.5 * 1 + 0.25 * 2 + 0.25 * 2) + 1) / 2)  # 1.5 bits, and none


def test_a_sequence_of_special_tokens_alone_has_no_habits() -> None:
    assert set(habits(np.eye(2, dtype=np.float32), (True, True)).values()) == {0.0}
