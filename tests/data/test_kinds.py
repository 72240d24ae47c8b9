"""Plain kinds of series."""

import numpy as np
import pytest

from attnviz.data.kinds import AHEAD, CUTS, KINDS, cuts, examples


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_finite_the_same_each_time_and_long_enough_for_its_cuts(name: str) -> None:
    made, again = examples(name), examples(name)
    for one, other in zip(made, again, strict=True):
        np.testing.assert_array_equal(one.values, other.values)
        assert np.isfinite(one.values).all()
        held_back = cuts(one)
        assert len(set(held_back)) == CUTS
        assert min(held_back) == AHEAD
        assert len(one.values) - max(held_back) >= 12
        assert one.season <= len(one.values) - max(held_back)
    assert not np.array_equal(made[0].values, made[1].values)


def test_there_are_at_least_twelve_kinds_with_seasons_and_without() -> None:
    assert len(KINDS) >= 12
    assert {season == 1 for season, _ in KINDS.values()} == {True, False}
