"""sharpness, worked out by hand."""

import numpy as np
import pytest

from attnviz.explain import sharpness

# [CLS] a b c [SEP]; only a and c are words that are not beside each other.
WEIGHTS = np.array(
    [
        [0.0, 0.1, 0.1, 0.8, 0.0],
        [0.1, 0.1, 0.1, 0.6, 0.1],
        [0.0, 0.5, 0.0, 0.5, 0.0],
        [0.2, 0.3, 0.2, 0.2, 0.1],
        [0.0, 0.9, 0.0, 0.1, 0.0],
    ],
    dtype=np.float32,
)
SPECIAL = [True, False, False, False, True]


def test_sharpness_is_the_mean_of_the_strongest_looks_at_distant_words() -> None:
    # a looks at c with 0.6, b has only neighbours, c looks at a with 0.3: (0.6 + 0 + 0.3) / 3
    assert sharpness(WEIGHTS, SPECIAL) == pytest.approx(0.3)


def test_without_special_tokens_every_distant_position_counts() -> None:
    # strongest beyond the neighbours: 0.8, 0.6, 0 (of columns 0 and 4), 0.3, 0.9
    assert sharpness(WEIGHTS, [False] * 5) == pytest.approx((0.8 + 0.6 + 0.0 + 0.3 + 0.9) / 5)


def test_a_head_that_looks_at_itself_its_neighbours_or_special_tokens_has_no_sharpness() -> None:
    for weights in (np.eye(6), np.eye(6, k=1), np.eye(6, k=-1), np.eye(6)[[0] * 6], np.eye(6)[[5] * 6]):
        assert sharpness(weights.astype(np.float32), [True, *[False] * 4, True]) == 0


def test_neighbours_are_counted_in_places_of_the_text_and_not_of_what_is_left() -> None:
    weights = np.full((3, 3), 1 / 3, dtype=np.float32)
    assert sharpness(weights, [False, True, False]) == pytest.approx(1 / 3)


def test_a_head_that_always_looks_two_words_on_is_as_sharp_as_can_be() -> None:
    assert sharpness(np.roll(np.eye(6, dtype=np.float32), 2, axis=1), [False] * 6) == 1


@pytest.mark.parametrize("special", [[True, True], [True, False]])
def test_a_text_without_two_words_has_no_sharpness(special: list[bool]) -> None:
    assert sharpness(np.full((2, 2), 0.5, dtype=np.float32), special) == 0
