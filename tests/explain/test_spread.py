"""How many keys a distribution spreads over."""

import numpy as np
import pytest

from attnviz.explain import spread


def test_one_key_is_one_and_even_shares_are_their_number() -> None:
    assert spread(np.eye(4, dtype=np.float32)) == pytest.approx(1)
    assert spread(np.full((3, 5), 0.2, dtype=np.float32)) == pytest.approx(5)


def test_it_is_e_to_the_entropy_averaged_over_rows() -> None:
    row = np.array([0.5, 0.25, 0.25])  # 1.5 bits
    assert spread(np.stack([row, [1, 0, 0]]).astype(np.float32)) == pytest.approx((2**1.5 + 1) / 2)


def test_a_row_of_zeros_looks_at_nothing_and_is_left_out() -> None:
    assert spread(np.array([[0, 0], [0.5, 0.5]], dtype=np.float32)) == pytest.approx(2)
    assert spread(np.zeros((2, 3), dtype=np.float32)) == 0
