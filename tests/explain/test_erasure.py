"""Trials of rankings against what can be worked out by hand, and against luck."""

from itertools import combinations
from math import comb

import numpy as np
import pytest

from attnviz.explain.curves import Kept, Reals, counts
from attnviz.explain.erasure import DRAWS, chance, fifth, trial
from attnviz.explain.occlusion import occlusion
from attnviz.explain.verdict import verdict


def additive(weights: list[float]):
    """What is said is the sum of the weights of the parts that are kept."""
    return lambda kept: kept @ np.array(weights)


def planted(part: int):
    """Only one part matters."""
    return lambda kept: kept[:, part].astype(np.float64)


def test_curves_of_a_sum_are_its_partial_sums() -> None:
    weights = [4.0, 3.0, 2.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    say = additive(weights)
    found = trial(weights, chance(10, say))
    assert found.deleted == {0: 10, 1: 6, 2: 3, 5: 0, 10: 0}
    assert found.inserted == {0: 0, 1: 4, 2: 7, 5: 10, 10: 10}
    assert found.comprehensiveness == pytest.approx((4 + 7 + 10) / 3)
    assert found.sufficiency == pytest.approx((6 + 3 + 0) / 3)
    # trapezia over 0, 0.1, 0.2, 0.5, 1
    assert found.auc_deletion == pytest.approx((10 + 6) / 2 * 0.1 + (6 + 3) / 2 * 0.1 + 3 / 2 * 0.3)
    assert found.auc_insertion == pytest.approx(4 / 2 * 0.1 + (4 + 7) / 2 * 0.1 + (7 + 10) / 2 * 0.3 + 10 * 0.5)


def test_occlusion_of_a_sum_is_its_weights() -> None:
    np.testing.assert_allclose(occlusion(3, additive([0.5, -2.0, 0.0])), [0.5, -2.0, 0.0])


def test_with_few_sets_all_of_them_are_compared_with() -> None:
    """10 parts, 2 hidden: 45 sets in all, so the random sets are the 44 others, and the share is the rank."""
    weights = np.random.default_rng(0).normal(size=10)
    say = additive(weights.tolist())
    luck = chance(10, say, alone=False)
    assert luck.tested == 2
    assert len(luck.sets) == len({tuple(np.flatnonzero(one)) for one in luck.sets}) == comb(10, 2) == 45
    strengths = np.zeros(10)
    strengths[[3, 7]] = 1
    found = trial(strengths, luck)
    sums = [weights[list(pair)].sum() for pair in combinations(range(10), 2)]
    mine = weights[[3, 7]].sum()
    assert found.share == pytest.approx(sum(value >= mine - 1e-6 for value in sums) / 45)
    assert len(found.random) == 44


def test_the_ranking_that_finds_what_matters_passes_and_its_reverse_does_not() -> None:
    weights = [5.0, 4.0, 3.0, 2.0, *[0.1] * 16]
    say = additive(weights)
    luck = chance(20, say)
    assert luck.tested == 4
    assert trial(weights, luck).passed is True
    assert trial([-weight for weight in weights], luck).passed is False


def test_one_part_that_carries_the_decision_is_tested_alone_against_all_others() -> None:
    say = planted(4)
    luck = chance(20, say)
    assert luck.tested == 1
    found = trial(np.eye(20)[4], luck)
    assert found.share == pytest.approx(1 / 20)
    assert found.passed is True
    assert [trial(np.eye(20)[i], luck).passed for i in range(20)].count(True) == 1
    few = trial(np.eye(12)[4], chance(12, say))
    assert few.passed is None
    said = "the others, one at a time, move it by 0.000 (0.000 to 0.000): with 12 words that cannot be told from luck."
    assert verdict(few, "positive") == f"Hiding the word it looked at most moves positive by 1.000; {said}"


def test_shuffled_rankings_pass_as_rarely_as_the_rule_says() -> None:
    """2,000 rankings without any meaning: held against 50 other sets, one in 51 passes."""
    random = np.random.default_rng(5)
    passed = 0
    for seed in range(100):
        weights = random.exponential(size=16)
        say = additive(weights.tolist())
        luck = chance(16, say, seed=seed)
        passed += sum(bool(trial(random.permutation(weights), luck).passed) for _ in range(20))
    assert 0 < passed / 2_000 <= 0.03


def test_hiding_what_changes_nothing_never_passes() -> None:
    def say(kept: Kept) -> Reals:
        return np.full(len(kept), 0.7)

    found = trial(range(12), chance(12, say))
    assert found.passed is False
    assert found.share == 1
    assert found.comprehensiveness == pytest.approx(0)


@pytest.mark.parametrize("parts", range(1, 8))
def test_too_few_parts_have_no_verdict(parts: int) -> None:
    say = additive([1.0] * parts)
    found = trial([1.0] * parts, chance(parts, say, alone=False))
    assert found.passed is None
    assert verdict(found, "positive") == f"{parts} words are too few to tell a map that points at what matters from luck."


def test_what_is_tested_is_a_fifth_and_more_where_there_are_too_few_sets() -> None:
    assert [fifth(parts) for parts in (7, 8, 10, 25, 196)] == [0, 3, 2, 5, 40]
    assert all(comb(parts, fifth(parts)) >= 40 for parts in range(8, 60))
    assert counts(25) == (3, 5, 13)


def test_a_verdict_says_what_was_hidden_and_what_came_of_it() -> None:
    weights = [0.3, 0.3, *[0.0] * 8, 0.2, 0.0]
    say = additive(weights)
    found = trial(weights, chance(12, say))
    said = verdict(found, "positive")
    assert said.startswith("Hiding the 3 words it looked at most moves positive by 0.800; 3 random ones move it by ")
    assert said.endswith(": this map points at what matters.")
    assert found.passed


def test_the_same_seed_draws_the_same_sets() -> None:
    say = additive([1.0] * 30)
    assert (chance(30, say, seed=3).sets == chance(30, say, seed=3).sets).all()
    assert len(chance(30, say).curves.deleted[3]) == DRAWS
