"""Parts of photos with the object off the middle."""

import numpy as np
import pytest

from attnviz.data.masked import Masked
from attnviz.data.shifted import SHARE, farthest, shifted


def photo(rows: slice, columns: slice, size: tuple[int, int] = (100, 140)) -> Masked:
    """A photo that shows its own mask."""
    mask = np.zeros(size, bool)
    mask[rows, columns] = True
    return Masked("a", np.where(mask, 255, 0).astype(np.uint8)[..., None].repeat(3, 2), mask)


@pytest.mark.parametrize("middle", [(50, 70), (40, 60), (60, 90)])
def test_the_object_lies_off_the_middle_of_the_part(middle: tuple[int, int]) -> None:
    one = photo(slice(middle[0] - 15, middle[0] + 15), slice(middle[1] - 15, middle[1] + 15))
    found = shifted(one)
    assert found is not None
    assert found.mask.shape == (round(SHARE * 100),) * 2
    off = np.argwhere(found.mask).mean(0) - 32
    assert np.hypot(*off) > 15
    assert found.mask.sum() >= 0.35 * one.mask.sum()


def test_the_mask_is_cut_as_the_photo_is() -> None:
    found = shifted(photo(slice(30, 70), slice(50, 75)))
    assert found is not None
    assert np.array_equal(found.mask, found.photo[..., 0] > 127)


@pytest.mark.parametrize("rows", [slice(0, 100), slice(50, 51)])
def test_an_object_that_fills_the_photo_or_can_hardly_be_seen_has_no_such_part(rows: slice) -> None:
    columns = slice(0, 140) if rows.stop == 100 else slice(70, 72)
    assert farthest(photo(rows, columns).mask) is None
