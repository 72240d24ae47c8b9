"""Rankings of gates and maps brought together, by hand."""

import numpy as np
import pytest

from attnviz.errors import MapError
from attnviz.explain import combined, strongest, tenth, weakest
from tests.tiny import attention, gates


def test_the_ends_of_a_ranking_are_in_order_and_ties_go_by_channel() -> None:
    m = gates([0.5, 0.1, 0.9, 0.5, 0.1])
    assert strongest(m, 3) == [2, 0, 3]
    assert weakest(m, 3) == [1, 4, 0]


@pytest.mark.parametrize(("channels", "count"), [(1, 1), (4, 1), (64, 6), (128, 13), (512, 51)])
def test_a_tenth_of_the_channels_is_at_least_one(channels: int, count: int) -> None:
    assert tenth(gates(np.zeros(channels))) == count


def test_maps_of_several_sizes_meet_on_the_finest() -> None:
    fine = np.arange(16).reshape(4, 4) / 16
    m = combined([gates(fine), gates([[0.0, 1.0], [0.5, 0.25]])])
    coarse = [[0, 0, 1, 1], [0, 0, 1, 1], [0.5, 0.5, 0.25, 0.25], [0.5, 0.5, 0.25, 0.25]]
    np.testing.assert_allclose(m.dense(), (fine + coarse) / 2, atol=1e-7)
    assert m.notes[0].startswith("Made, not emitted: the mean of the gates of 2 layers (4 x 4, 2 x 2), each brought to 4 x 4")
    assert m.receipt is None


def test_a_grid_that_does_not_divide_goes_by_the_middles_of_its_places() -> None:
    """Middles of thirds are at 1/6, 1/2 and 5/6; the half lies in the second of two cells."""
    m = combined([gates(np.zeros((1, 3))), gates([[0.2, 0.8]])])
    np.testing.assert_allclose(m.dense(), [[0.1, 0.4, 0.4]], atol=1e-7)


@pytest.mark.parametrize("other", [gates([0.5, 0.5]), attention([[1.0]])])
def test_what_is_no_gate_of_a_place_is_refused(other: object) -> None:
    with pytest.raises(MapError, match="no gates over rows and columns"):
        combined([gates([[0.5]]), other])  # type: ignore[list-item]
