"""Where one position looks, patch by patch."""

import numpy as np
import pytest

from attnviz.encode import Patches
from attnviz.errors import MapError
from attnviz.explain import over_patches
from tests.tiny import attention

PATCHES = Patches(2, 3, ("CLS", "register 0"))
# rows of 8 positions: what CLS and the register get, then the six patches row by row
CLS = [0.1, 0.2, 0.05, 0.1, 0.15, 0.2, 0.15, 0.05]
WEIGHTS = [CLS, [1, 0, 0, 0, 0, 0, 0, 0], *([[0, 0, 0, 0, 0, 0, 0, 1]] * 6)]


def test_positions_are_named_row_by_row() -> None:
    assert len(PATCHES) == 8
    assert PATCHES.names == (
        "CLS", "register 0", "row 0, column 0", "row 0, column 1", "row 0, column 2",
        "row 1, column 0", "row 1, column 1", "row 1, column 2",
    )  # fmt: skip


def test_the_row_of_a_query_is_laid_out_and_what_is_left_out_is_said() -> None:
    m = over_patches(attention(WEIGHTS), PATCHES, 0)
    np.testing.assert_allclose(m.dense(), [[0.05, 0.1, 0.15], [0.2, 0.15, 0.05]], atol=1e-7)
    assert (m.norm, m.axes) == ("partial", ("key_row", "key_column"))
    assert m.notes == (
        "CLS gives 70% of its attention to the patches shown.",
        "The rest goes to 2 tokens that are no place of the photo: CLS, register 0.",
    )


def test_where_there_are_only_patches_a_row_is_still_a_distribution_and_nothing_is_left_out() -> None:
    m = over_patches(attention([CLS] * 8), Patches(2, 4), 5)
    assert m.dense().tolist() == np.array(CLS, np.float32).reshape(2, 4).tolist()
    assert (m.norm, m.notes) == ("softmax", ())


def test_one_token_that_is_no_place_is_named() -> None:
    m = over_patches(attention([[0.25] * 4] * 4), Patches(1, 3, ("CLS",)), 2)
    assert m.notes[1] == "The rest goes to CLS, which is no place of the photo."


def test_all_positions_on_average_is_the_mean_of_the_rows() -> None:
    m = over_patches(attention(WEIGHTS), PATCHES, None)
    assert float(m.dense()[1, 2]) == pytest.approx((0.05 + 6) / 8)
    assert float(m.dense().sum()) == pytest.approx((0.7 + 0 + 6) / 8)


def test_weights_that_are_no_part_of_a_distribution_are_refused() -> None:
    with pytest.raises(MapError):
        over_patches(attention(np.ones((8, 8)), norm="sigmoid"), PATCHES, 0)
