"""A and B and what B has more of, by hand."""

import numpy as np

from attnviz.views.pinned import together
from tests.tiny import attention


def test_two_maps_are_laid_over_each_other_by_the_words_that_both_have_in_order() -> None:
    a = attention(np.arange(16, dtype=np.float32).reshape(4, 4) / 64, tuple("abca"), norm="partial")
    b = attention(np.arange(9, dtype=np.float32).reshape(3, 3) / 64, tuple("aca"), norm="partial")
    first, second = together(a, b)
    assert first.labels["query"] == second.labels["key"] == ("a", "c", "a")
    assert (first.dense() * 64).astype(int).tolist() == [[0, 2, 3], [8, 10, 11], [12, 14, 15]]
    assert np.array_equal(second.dense(), b.dense())
