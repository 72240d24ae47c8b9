"""How well weights rank places, by hand and by counting all pairs."""

import numpy as np
import pytest

from attnviz.explain.ranking import auc, ranks, specific, standard, top_quarter


def test_auc_by_hand() -> None:
    weights = np.array([0.9, 0.8, 0.3, 0.1])
    # pairs of an object's place and another: (0.9, 0.8) right, (0.9, 0.1) right, (0.3, 0.8) wrong, (0.3, 0.1) right
    assert auc(weights, np.array([1.0, 0, 1, 0])) == pytest.approx(3 / 4)
    assert auc(np.array([0.5, 0.5, 0.2]), np.array([1.0, 0, 0])) == pytest.approx((0.5 + 1) / 2)  # a tie is half right


def test_auc_of_places_that_are_covered_in_part_is_that_of_all_pairs_of_points() -> None:
    random = np.random.default_rng(0)
    weights, covered = random.integers(0, 5, 30) / 5, random.random(30)
    on, off = covered[:, None], 1 - covered[None]
    right = (weights[:, None] > weights[None]) + 0.5 * (weights[:, None] == weights[None])
    assert auc(weights, covered) == pytest.approx((on * off * right).sum() / (on * off).sum())


@pytest.mark.parametrize("covered", [0.0, 1.0])
def test_without_an_object_or_without_anything_else_there_is_nothing_to_rank(covered: float) -> None:
    assert auc(np.arange(4.0), np.full(4, covered)) == 0.5


def test_an_even_map_ranks_nothing() -> None:
    covered = np.array([1.0, 0, 0.5, 0])
    assert auc(np.full(4, 0.3), covered) == pytest.approx(0.5)
    assert top_quarter(np.full(4, 0.3), covered) == pytest.approx(covered.mean())


def test_the_strongest_quarter_by_hand() -> None:
    weights = np.array([8.0, 7, 6, 5, 4, 3, 2, 1])
    assert top_quarter(weights, np.array([1.0, 0, 1, 1, 1, 1, 1, 1])) == 0.5
    tied = np.array([8.0, 5, 5, 5, 1, 1, 1, 1])  # one of the three fives is in it
    assert top_quarter(tied, np.array([1.0, 1, 0, 0, 1, 1, 1, 1])) == pytest.approx((1 + 1 / 3) / 2)


def test_equal_values_share_their_rank() -> None:
    assert ranks(np.array([0.2, 0.1, 0.2, 0.9])).tolist() == [1.5, 0, 1.5, 3]


def test_a_map_that_is_its_own_mask_is_specific_by_what_masks_differ() -> None:
    masks = [standard(ranks(np.array(row))) for row in ([1.0, 0, 0, 0], [0.0, 0, 0, 1])]
    # with its own mask a correlation of 1, with the other of -1/3
    assert specific(masks, masks).tolist() == pytest.approx([4 / 3, 4 / 3])


def test_a_map_that_is_always_the_same_is_specific_to_nothing() -> None:
    random = np.random.default_rng(0)
    masks = [standard(ranks(random.random(20))) for _ in range(50)]
    same = standard(ranks(random.random(20)))
    assert specific([same] * 50, masks).mean() == pytest.approx(0, abs=1e-12)


def test_alone_a_photo_is_held_against_nothing() -> None:
    one = standard(np.arange(4.0))
    assert specific([one], [one]).tolist() == [0]
    assert standard(np.full(3, 7.0)).tolist() == [0, 0, 0]
